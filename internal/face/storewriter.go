package face

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// Writer adds faces to an index, a partition at a time; what was added stays when a run ends early.
type Writer struct{ store Store }

// NewWriter makes or continues the faces of the index in a folder. Faces of another model or of
// another state of the index are refused.
func NewWriter(index string, digest, fingerprint string, dimension int) (*Writer, error) {
	dir := filepath.Join(index, StoreDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	fresh := Manifest{Version: 1, Digest: digest, Dimension: dimension, Index: fingerprint}
	if _, err := os.Stat(filepath.Join(dir, manifestName)); errors.Is(err, os.ErrNotExist) {
		return &Writer{Store{dir, fresh}}, nil
	}
	s, err := OpenStore(index)
	if err != nil {
		return nil, err
	}
	if s.manifest.Digest != digest || s.manifest.Index != fingerprint {
		return nil, fmt.Errorf("%s has faces of another bundle (%.12s) or index (%.12s); remove the folder to make them anew", dir, s.manifest.Digest, s.manifest.Index)
	}
	return &Writer{*s}, nil
}

// Manifest says what is stored so far; its Rows are where to go on.
func (w *Writer) Manifest() Manifest { return w.store.manifest }

// Add stores the faces of the next rows of the index, in their order. Those that are not usable are
// only counted.
func (w *Writer) Add(rows, failures int64, found []Stored) error {
	m := w.store.manifest
	faces := make([]Stored, 0, len(found))
	for _, f := range found {
		if f.usable() {
			faces = append(faces, f)
		}
	}
	p := Partition{File: fmt.Sprintf("faces_%d.parquet", len(m.Partitions)), Rows: rows, Faces: int64(len(faces))}
	err := writeWhole(filepath.Join(w.store.dir, p.File), func(f *os.File) error {
		out := parquet.NewGenericWriter[Stored](f, parquet.Compression(&parquet.Zstd))
		_, err := out.Write(faces)
		return errors.Join(err, out.Close())
	})
	if err != nil {
		return err
	}
	m.Partitions = append(m.Partitions[:len(m.Partitions):len(m.Partitions)], p)
	m.Rows, m.Faces, m.Failures, m.Unusable = m.Rows+rows, m.Faces+p.Faces, m.Failures+failures, m.Unusable+int64(len(found)-len(faces))
	return w.save(m)
}

// Finish says that every row was looked at.
func (w *Writer) Finish() error {
	m := w.store.manifest
	m.Complete = true
	return w.save(m)
}

func (w *Writer) save(m Manifest) error {
	err := writeWhole(filepath.Join(w.store.dir, manifestName), func(f *os.File) error {
		out := json.NewEncoder(f)
		out.SetIndent("", "  ")
		return out.Encode(m)
	})
	if err == nil {
		w.store.manifest = m
	}
	return err
}

// writeWhole writes a file that appears under its name only when it is whole.
func writeWhole(path string, write func(*os.File) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if err := errors.Join(write(temp), temp.Chmod(0o644), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(temp.Name(), path)
}
