package vectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"rollcall/retriever"
)

// Get implements retriever.Rows. Rows without derived metadata are read in file order, each file at
// most once a call.
func (s *Store) Get(ctx context.Context, ids []int64) ([]retriever.Row, error) {
	if err := s.gate.enter(); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	out := make([]retriever.Row, len(ids))
	wanted := map[slabKey][]int{} // places in ids
	var derived []int             // places in ids of rows at hand in Arrow's format
	for i, id := range ids {
		part, row, err := s.place(id)
		if err != nil {
			return nil, err
		}
		if s.parts[part].arrow != nil {
			derived = append(derived, i)
			continue
		}
		key := slabKey{part, int64(row) / slabRows}
		wanted[key] = append(wanted[key], i)
	}
	if err := s.derivedRows(ctx, ids, derived, out); err != nil {
		return nil, err
	}
	keys := slices.SortedFunc(maps.Keys(wanted), func(a, b slabKey) int {
		return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.slab, b.slab))
	})
	r := &slabReader{store: s, part: -1}
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(err, r.close())
		}
		slab, err := r.slab(key)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		for _, i := range wanted[key] {
			row := int(ids[i] - s.parts[key.part].first)
			out[i] = s.row(key.part, row, slab[row%slabRows])
			out[i].Fields = maps.Clone(out[i].Fields) // the slab stays in the cache, and the caller may change its row
		}
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	return out, ctx.Err()
}

// fewRows is how many rows one core reads before a second helps.
const fewRows = 256

// derivedRows reads the rows whose places in ids are given, of partitions that have their metadata in
// Arrow's format, into the same places of out. What takes the time is memory that no cache holds, so
// they are read in order, by all cores.
func (s *Store) derivedRows(ctx context.Context, ids []int64, places []int, out []retriever.Row) error {
	slices.SortFunc(places, func(a, b int) int { return cmp.Compare(ids[a], ids[b]) })
	share := max(fewRows, (len(places)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	group, ctx := errgroup.WithContext(ctx)
	for some := range slices.Chunk(places, share) {
		group.Go(func() (err error) {
			for _, i := range some {
				if out[i], err = s.derivedRow(ctx, ids[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (s *Store) derivedRow(ctx context.Context, id int64) (retriever.Row, error) {
	if err := ctx.Err(); err != nil {
		return retriever.Row{}, err
	}
	part, row, err := s.place(id)
	if err != nil {
		return retriever.Row{}, err
	}
	stored, err := s.parts[part].arrow.row(row)
	if err != nil {
		return retriever.Row{}, fmt.Errorf("row %d: %w", id, err)
	}
	return s.row(part, row, stored), nil
}

// row makes the answer for one row. An erased row has nothing but its number.
func (s *Store) row(part, row int, stored metadataRow) retriever.Row {
	id := s.parts[part].first + int64(row)
	if s.erased(part, row, stored.empty) {
		return retriever.Row{ID: id, Erased: true}
	}
	out := stored.Row
	out.ID = id
	return out
}

// erased says whether a row was erased. index.json lists such rows; in a folder without one, a
// row is erased when all its metadata is null and all its vectors are zero.
func (s *Store) erased(part, row int, empty bool) bool {
	p := s.parts[part]
	if s.gone(p.first + int64(row)) {
		return true
	}
	if s.manifest != nil || !empty || p.image == nil && p.text == nil {
		return false
	}
	return (p.image == nil || p.image.zero(row)) && (p.text == nil || p.text.zero(row))
}

// slabReader reads slabs in ascending order and keeps the file at hand open.
type slabReader struct {
	store  *Store
	part   int
	file   *metadataFile
	reader *metadataReader
}

// slab gives the rows of a slab, from the cache or the file. A folder without metadata has rows
// without content.
func (r *slabReader) slab(key slabKey) ([]metadataRow, error) {
	if rows := r.store.cache.get(key); rows != nil {
		return rows, nil
	}
	p := r.store.parts[key.part]
	first := key.slab * slabRows
	rows := make([]metadataRow, min(slabRows, int64(p.rows)-first))
	if p.metadata == "" {
		for i := range rows {
			rows[i].empty = true
		}
		return rows, nil
	}
	if err := r.open(key.part); err != nil {
		return nil, err
	}
	if err := r.reader.seek(first); err != nil {
		return nil, err
	}
	size := 0
	for i := range rows {
		var err error
		if rows[i], err = r.reader.read(); err != nil {
			return nil, fmt.Errorf("row %d: %w", p.first+first+int64(i), err)
		}
		if size += rows[i].textSize(); size > maxSlabText {
			return nil, fmt.Errorf("%s: the texts of the rows from %d have more than %d MiB", r.file.path, p.first+first, maxSlabText>>20)
		}
	}
	if size <= keptSlabText {
		r.store.cache.put(key, rows)
	}
	return rows, nil
}

// open opens a partition's metadata.
func (r *slabReader) open(part int) error {
	if r.part == part {
		return nil
	}
	if err := r.close(); err != nil {
		return err
	}
	p := r.store.parts[part]
	file, err := openMetadata(filepath.Join(r.store.dir, p.metadata))
	if err != nil {
		return err
	}
	r.part, r.file, r.reader = part, file, file.reader()
	if file.rows() != int64(p.rows) {
		err := fmt.Errorf("%s has %d rows now and had %d: it was replaced; open the index again", file.path, file.rows(), p.rows)
		return errors.Join(err, r.close())
	}
	return nil
}

// close closes the open file, if any.
func (r *slabReader) close() error {
	if r.part < 0 {
		return nil
	}
	r.part = -1
	r.reader.close()
	return r.file.close()
}

// Vectors implements retriever.VectorSource. An erased row's vector is zero.
func (s *Store) Vectors(ctx context.Context, m retriever.Modality, ids []int64) ([][]float32, error) {
	if err := s.gate.enter(); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	if !s.Has(m) {
		return nil, s.lacks(m)
	}
	out := make([][]float32, len(ids))
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, row, err := s.place(id)
		if err != nil {
			return nil, err
		}
		out[i] = s.vector(m, part, row)
	}
	return out, ctx.Err()
}

// vector gives one stored vector, zero for an erased row.
func (s *Store) vector(m retriever.Modality, part, row int) []float32 {
	p := s.parts[part]
	if s.gone(p.first + int64(row)) {
		return make([]float32, s.dimension)
	}
	return p.matrix(m).vector(row)
}
