package vectors

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"sync/atomic"

	"rollcall/indexer"
	"rollcall/retriever"
)

// Store is an open embedding folder. It implements retriever's Searcher, Counter, Rows,
// VectorSource and CaptionSource. It may be used by many goroutines, and shows the folder as it
// was when it was opened, without the rows that were erased since: a call that begins when Forget has
// recorded its erasure gives none of them. Their old files are let go of by Close.
type Store struct {
	dir       string
	manifest  *indexer.Manifest
	parts     []part
	rows      int64
	dimension int
	hidden    hidden // erased rows, as far as the folder's own files say
	cache     *rowCache
	gate      gate
	method    method // how similarities are computed
	waiters   waiters
	refined   atomic.Int64 // of all searches, see tally
	rescored  atomic.Int64
}

// part is an open partition.
type part struct {
	files
	first       int64 // number of its first row
	rows        int
	image, text *matrix // nil without that modality
	imageCodes  coded
	textCodes   coded
	arrow       *arrowMetadata // nil where there is none that is current
}

// matrix gives the vectors of a modality, nil when there are none.
func (p part) matrix(m retriever.Modality) *matrix {
	switch m {
	case retriever.Image:
		return p.image
	case retriever.Text:
		return p.text
	}
	return nil
}

// coded are the codes of one file of vectors; nil where there are none that are current.
type coded struct{ halves, bits *codes }

// close unmaps the codes.
func (c coded) close() error { return errors.Join(c.halves.close(), c.bits.close()) }

// codes gives the codes of a modality.
func (p part) codes(m retriever.Modality) coded {
	switch m {
	case retriever.Image:
		return p.imageCodes
	case retriever.Text:
		return p.textCodes
	}
	return coded{}
}

// Open opens an embedding folder: one that Rollcall wrote and finished (with index.json), one of
// clip-retrieval's, or LAION's. Files whose row counts or dimensions disagree are an error that
// names them. Nothing is read but headers.
func Open(dir string) (*Store, error) {
	f, err := readFolder(dir)
	if err != nil {
		return nil, err
	}
	if m := f.manifest; m != nil && m.State != indexer.StateComplete {
		return nil, fmt.Errorf("%s is still being built: run the same rollcall index command again to finish it", dir)
	}
	s := &Store{dir: dir, manifest: f.manifest, cache: newRowCache(), method: bestMethod()}
	if f.manifest != nil {
		s.dimension = f.manifest.Model.Dimension
	}
	seen, err := Erasures(dir)
	if err != nil {
		return nil, err
	}
	erased, err := erasedRows(dir, f.manifest)
	if err != nil {
		return nil, err
	}
	s.hidden.start(dir, erased, seen)
	s.gate.look = s.hidden.look
	for _, names := range f.parts {
		p, err := openPart(dir, names, s.rows)
		if err == nil {
			err = s.openDerived(&p)
			s.parts = append(s.parts, p)
			s.rows += int64(p.rows)
			err = errors.Join(err, s.agree(p))
		}
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// openPart maps the vectors of a partition and counts its rows, which must be the same in each of
// its files.
func openPart(dir string, names files, first int64) (p part, err error) {
	p = part{files: names, first: first}
	if names.image+names.text+names.metadata == "" {
		return p, fmt.Errorf("partition %d of %s has no files: run `rollcall verify`", names.number, dir)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	var counts []rowCount
	if names.promised >= 0 {
		counts = append(counts, rowCount{filepath.Join(dir, indexer.ManifestName), names.promised})
	}
	for _, v := range []struct {
		name string
		slot **matrix
	}{{names.image, &p.image}, {names.text, &p.text}} {
		if v.name == "" {
			continue
		}
		if *v.slot, err = openMatrix(filepath.Join(dir, v.name)); err != nil {
			return p, err
		}
		counts = append(counts, rowCount{(*v.slot).path, int64((*v.slot).rows)})
	}
	if names.metadata != "" {
		m, err := openMetadata(filepath.Join(dir, names.metadata))
		if err != nil {
			return p, err
		}
		counts = append(counts, rowCount{m.path, m.rows()})
		if err := m.close(); err != nil {
			return p, fmt.Errorf("cannot close %s: %w", m.path, err)
		}
	}
	for _, c := range counts {
		if c.rows != counts[0].rows {
			return p, fmt.Errorf("partition %d has %d rows in %s and %d in %s: they do not belong together; restore the right file or write both again",
				names.number, counts[0].rows, counts[0].path, c.rows, c.path)
		}
	}
	p.rows = int(counts[0].rows)
	return p, nil
}

// rowCount is what a file says of its length.
type rowCount struct {
	path string
	rows int64
}

// agree checks that a partition has the modalities and the dimension of those before it.
func (s *Store) agree(p part) error {
	for _, m := range []*matrix{p.image, p.text} {
		if m == nil || m.rows == 0 {
			continue
		}
		if s.dimension == 0 {
			s.dimension = m.dimension
		}
		if m.dimension != s.dimension {
			return fmt.Errorf("%s has %d dimensions, the index has %d: they were made with different models", m.path, m.dimension, s.dimension)
		}
	}
	first := s.parts[0]
	if (p.image == nil) != (first.image == nil) || (p.text == nil) != (first.text == nil) || (p.metadata == "") != (first.metadata == "") {
		return fmt.Errorf("partition %d of %s lacks files that partition %d has, or has files that it lacks: restore or remove them", p.number, s.dir, first.number)
	}
	return nil
}

// close unmaps the partition's vectors.
func (p part) close() error {
	var errs []error
	for _, m := range []*matrix{p.image, p.text} {
		if m != nil {
			errs = append(errs, m.close())
		}
	}
	return errors.Join(append(errs, p.imageCodes.close(), p.textCodes.close(), p.arrow.close())...)
}

// Close waits for running calls and closes the files. Calls that come later get an error.
func (s *Store) Close() error {
	if err := s.gate.close(); err != nil {
		return err
	}
	var errs []error
	for _, p := range s.parts {
		errs = append(errs, p.close())
	}
	return errors.Join(errs...)
}

// Manifest is what index.json says; nil in a folder that Rollcall did not write.
func (s *Store) Manifest() *indexer.Manifest { return s.manifest }

// Dimension is the length of the vectors, 0 when the folder has none.
func (s *Store) Dimension() int { return s.dimension }

// Has says whether the folder has embeddings of a modality.
func (s *Store) Has(m retriever.Modality) bool {
	if len(s.parts) > 0 {
		return s.parts[0].matrix(m) != nil
	}
	if s.manifest == nil {
		return false
	}
	return m == retriever.Image && s.manifest.Options.Images || m == retriever.Text && s.manifest.Options.Texts
}

// lacks is the error of a modality that the folder does not have.
func (s *Store) lacks(m retriever.Modality) error {
	return fmt.Errorf("%s has no %s embeddings: ask for the other modality or index the data set with them", s.dir, m)
}

// Len implements retriever.Rows.
func (s *Store) Len(context.Context) (int64, error) { return s.rows, nil }

// gone says whether a row counts as erased whatever its files hold.
func (s *Store) gone(id int64) bool { return s.hidden.has(id) }

// place finds the partition of a row and the row's place in it.
func (s *Store) place(id int64) (part, row int, err error) {
	if id < 0 || id >= s.rows {
		return 0, 0, fmt.Errorf("there is no row %d in %s: its rows are 0 to %d", id, s.dir, s.rows-1)
	}
	part = sort.Search(len(s.parts), func(i int) bool { return s.parts[i].first > id }) - 1
	return part, int(id - s.parts[part].first), nil
}
