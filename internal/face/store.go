package face

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// The folder of faces inside an index, and the file that says what is in it.
const (
	StoreDir     = "faces"
	manifestName = "faces.json"
	maxManifest  = 64 << 20 // bytes of it that are read: some 600,000 partitions
)

// Remedy is what to do about faces that cannot be used; errors that say so end with it.
const Remedy = "remove the folder and run rollcall index again with --faces"

// Manifest is faces.json: a partition is in it when its file is whole.
type Manifest struct {
	Version    int         `json:"version"` // of this format; 1
	Digest     string      `json:"digest"`  // Model.Digest
	Dimension  int         `json:"dimension"`
	Index      string      `json:"index"` // fingerprint of the index whose rows these are
	Complete   bool        `json:"complete"`
	Rows       int64       `json:"rows"`     // rows of the index that were looked at, from the first on
	Faces      int64       `json:"faces"`    // stored
	Failures   int64       `json:"failures"` // rows whose image could not be read
	Unusable   int64       `json:"unusable"` // faces that were found and not stored: see Stored.usable
	Partitions []Partition `json:"partitions"`
}

// Partition is one file of faces.
type Partition struct {
	File  string `json:"file"`
	Rows  int64  `json:"rows"`
	Faces int64  `json:"faces"`
}

// Stored is a face of an index's row. faceReader knows the order of the columns.
type Stored struct {
	Row       int64     `parquet:"row"`
	Left      float32   `parquet:"left"`
	Top       float32   `parquet:"top"`
	Width     float32   `parquet:"width"`
	Height    float32   `parquet:"height"`
	Score     float32   `parquet:"score"`
	Landmarks []float32 `parquet:"landmarks"` // x and y of the five points
	Vector    []float32 `parquet:"vector"`    // of length 1
}

// NewStored describes a face of a row, its vector scaled to length 1.
func NewStored(row int64, f Face) Stored {
	s := Stored{Row: row, Left: f.Left, Top: f.Top, Width: f.Width, Height: f.Height, Score: f.Score, Vector: Unit(f.Vector)}
	for _, p := range f.Landmarks {
		s.Landmarks = append(s.Landmarks, p.X, p.Y)
	}
	return s
}

// Unit scales a vector to length 1; one of zeros stays.
func Unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	if sum == 0 {
		return out
	}
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return out
}

// usable says that every value of a face is a number, and that its vector has a length of 1. A
// recogniser that overflows gives vectors that are like everybody, or like nobody.
func (s *Stored) usable() bool {
	sum := s.Left + s.Top + s.Width + s.Height + s.Score
	for _, x := range s.Landmarks {
		sum += x
	}
	square := Cosine(s.Vector, s.Vector)
	return sum-sum == 0 && square > 0.99 && square < 1.01 // infinite less infinite is no number
}

// Store is the faces of an index, numbered in the order of rows.
type Store struct {
	dir      string
	manifest Manifest
}

// OpenStore opens the faces of the index in a folder.
func OpenStore(index string) (*Store, error) {
	s := &Store{dir: filepath.Join(index, StoreDir)}
	f, err := os.Open(filepath.Join(s.dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no stored faces; run rollcall index again with --faces DIR", index)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxManifest {
		return nil, fmt.Errorf("%s has more than %d MiB; %s", f.Name(), maxManifest>>20, Remedy)
	}
	if err := json.Unmarshal(data, &s.manifest); err != nil {
		return nil, fmt.Errorf("%s: %w; %s", f.Name(), err, Remedy)
	}
	if err := s.manifest.check(); err != nil {
		return nil, fmt.Errorf("%s: %w; %s", f.Name(), err, Remedy)
	}
	return s, nil
}

// check refuses vectors longer than any recogniser gives, and partitions that are not all the faces.
func (m *Manifest) check() error {
	if m.Dimension < 1 || m.Dimension > maxDimension {
		return fmt.Errorf("its vectors have %d numbers; faces have 1 to %d", m.Dimension, maxDimension)
	}
	faces, rows := m.Faces, m.Rows // that are left
	for _, p := range m.Partitions {
		if p.Faces < 0 || p.Faces > faces || p.Rows < 0 || p.Rows > rows {
			return fmt.Errorf("%s has %d faces of the %d that are left, in %d rows of %d", p.File, p.Faces, faces, p.Rows, rows)
		}
		faces, rows = faces-p.Faces, rows-p.Rows
	}
	if faces != 0 || rows != 0 {
		return fmt.Errorf("it says %d faces in %d rows, and its partitions have %d in %d", m.Faces, m.Rows, m.Faces-faces, m.Rows-rows)
	}
	return nil
}

// Manifest says what the store holds.
func (s *Store) Manifest() Manifest { return s.manifest }

// Each calls visit with every face in the order of ids. A face is visit's until it returns.
func (s *Store) Each(ctx context.Context, visit func(id int64, f *Stored) error) error {
	var id, row int64
	for _, p := range s.manifest.Partitions {
		if !filepath.IsLocal(p.File) {
			return fmt.Errorf("%s: %q is no file of the folder", s.dir, p.File)
		}
		r := faceReader{path: filepath.Join(s.dir, p.File), dimension: s.manifest.Dimension, row: row, end: row + p.Rows}
		r.visit = func(f *Stored) error {
			id++
			return visit(id-1, f)
		}
		if err := r.each(ctx, p.Faces); err != nil {
			return err
		}
		row = r.end
	}
	return nil
}
