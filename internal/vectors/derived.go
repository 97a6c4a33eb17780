package vectors

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"rollcall/indexer"
)

// derivedFolder holds what makes an index faster and can be made again from its other files at
// any time: codes of vectors, and metadata in Arrow's format. Nothing there is needed; what does
// not belong to the files as they are now is not used. An erasure removes what it changes the source of.
const derivedFolder = "derived"

// facesFolder holds the faces that internal/face found in the images of the rows. An erasure takes
// the whole folder; rollcall index --faces makes it again without the erased rows.
const facesFolder = "faces"

// codesSuffix and bitsSuffix end the names of files of codes.
const (
	codesSuffix = ".codes"
	bitsSuffix  = ".bits"
)

// origin says which state of a file something was derived from. Where index.json knows the file's
// SHA-256, that is it; elsewhere its size and time of change.
type origin struct {
	SHA256  string `json:"sha256,omitempty"`
	Size    int64  `json:"size,omitempty"`
	Changed int64  `json:"changed,omitempty"` // nanoseconds since 1970
}

// originOf gives the state of a file as it is now.
func originOf(dir, name string, m *indexer.Manifest, number int) (origin, error) {
	if sum := checksums(m, number)[slashed(name)]; sum != "" {
		return origin{SHA256: sum}, nil
	}
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return origin{}, fmt.Errorf("cannot read the size of a file: %w", err)
	}
	return origin{Size: info.Size(), Changed: info.ModTime().UnixNano()}, nil
}

// derivedPath is where something derived from a file of the folder lies.
func derivedPath(dir, name, suffix string) string {
	base := filepath.Base(name)
	folder := filepath.Base(filepath.Dir(name))
	return filepath.Join(dir, derivedFolder, folder, strings.TrimSuffix(base, filepath.Ext(base))+suffix)
}

// mapDerived maps a derived file; nil when there is none, or none that could be whole.
func mapDerived(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() < 64 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the size of a derived file: %w", err)
	}
	return mapFile(path)
}

// DeriveOptions says what Derive makes besides.
type DeriveOptions struct {
	// OneBit also makes codes of one bit a value. They answer high thresholds (near-duplicates)
	// from an eighth of a byte a value, and are skipped where they decide little.
	OneBit bool
}

// Derive makes what speeds an index up, as far as it is missing or stale: codes of its vectors,
// with which a search reads a quarter of the bytes, and its metadata in Arrow's format, in which any
// row is at hand. All cores work, a file each; every file appears whole, so an interrupted call goes
// on where it was. It is for folders that may be written to, and keeps other writers away.
func Derive(ctx context.Context, dir string, also DeriveOptions) (err error) {
	unlock, err := Lock(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	s, err := Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range s.parts {
		for _, v := range p.vectors() {
			if v.m.rows*v.m.dimension == 0 {
				continue
			}
			if v.codes.halves == nil {
				group.Go(func() error { return s.derive(ctx, p, v, halves()) })
			}
			if v.codes.bits == nil && also.OneBit {
				group.Go(func() error { return s.derive(ctx, p, v, oneBit()) })
			}
		}
		if p.metadata != "" && p.arrow == nil {
			group.Go(func() error {
				is, err := s.checkedOrigin(ctx, p, p.metadata)
				if err != nil {
					return err
				}
				return writeArrow(ctx, derivedPath(dir, p.metadata, arrowSuffix), filepath.Join(dir, p.metadata), is)
			})
		}
	}
	return group.Wait()
}

// derive makes codes of a file of vectors.
func (s *Store) derive(ctx context.Context, p part, v vectorFile, kind codeKind) error {
	is, err := s.checkedOrigin(ctx, p, v.name)
	if err != nil {
		return err
	}
	return writeCodes(ctx, kind, derivedPath(s.dir, v.name, kind.suffix), v.m, is)
}

// vectorFile is a file of vectors and its codes.
type vectorFile struct {
	name  string
	m     *matrix
	codes *coded
}

// vectors gives the partition's files of vectors.
func (p *part) vectors() []vectorFile {
	var out []vectorFile
	if p.image != nil {
		out = append(out, vectorFile{p.files.image, p.image, &p.imageCodes})
	}
	if p.text != nil {
		out = append(out, vectorFile{p.files.text, p.text, &p.textCodes})
	}
	return out
}

// checkedOrigin gives the state of a file after reading it whole: something derived from a file
// that is not the one index.json names would answer wrongly.
func (s *Store) checkedOrigin(ctx context.Context, p part, name string) (origin, error) {
	is, err := originOf(s.dir, name, s.manifest, p.number)
	if err != nil || is.SHA256 == "" {
		return is, err
	}
	path := filepath.Join(s.dir, name)
	sum, err := hashFile(ctx, path)
	if err != nil {
		return is, fmt.Errorf("cannot check %s: %w", path, err)
	}
	if sum != is.SHA256 {
		return is, fmt.Errorf("%s was changed after it was written (SHA-256 %s, index.json has %s): run `rollcall verify`", path, sum, is.SHA256)
	}
	return is, nil
}

// openDerived maps what was derived from a partition's files, where it is current.
func (s *Store) openDerived(p *part) error {
	for _, v := range p.vectors() {
		is, err := originOf(s.dir, v.name, s.manifest, p.number)
		if err != nil {
			return err
		}
		if v.codes.halves, err = openCodes(halves(), s.dir, v.name, v.m, is); err != nil {
			return err
		}
		if v.codes.halves == nil {
			wantLargePages(v.m.mapped) // every search reads them all
			continue
		}
		if v.codes.bits, err = openCodes(oneBit(), s.dir, v.name, v.m, is); err != nil {
			return err
		}
		if b := v.codes.bits; b != nil && !slices.Equal(b.axis, v.codes.halves.axis) {
			v.codes.bits = nil // another version's
			if err := b.close(); err != nil {
				return err
			}
		}
	}
	if p.metadata == "" {
		return nil
	}
	is, err := originOf(s.dir, p.metadata, s.manifest, p.number)
	if err == nil {
		p.arrow, err = openArrow(s.dir, p.metadata, p.rows, is)
	}
	return err
}
