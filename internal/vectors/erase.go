package vectors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"rollcall/indexer"
)

// erasureName is the file that lists the rows of an erasure under way. While it exists, readers
// hide these rows, and the next Erase finishes the work.
const erasureName = "erasing.json"

// erasure is the content of erasing.json.
type erasure struct {
	Rows []int64 `json:"rows"`
}

// Erase removes the content of rows for good: in every file of the folder their vectors become
// zero and their metadata null; index.json, where there is one, lists them and has the files' new
// checksums. Row numbers stay. Rows that were erased before change nothing; an id that the folder
// does not have is an error that names it, and then nothing is erased.
//
// Every file is replaced whole. From the moment the erasure is recorded the rows are hidden from
// everyone who opens the folder; when it is interrupted after that, by ctx or by a crash, calling
// Erase again, with or without ids, finishes it.
func Erase(ctx context.Context, dir string, ids []int64) (err error) {
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

	rows, err := s.toErase(ctx, ids)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := writeJSON(filepath.Join(dir, erasureName), erasure{Rows: rows}); err != nil {
		return err
	}
	sums, err := s.eraseFiles(ctx, rows)
	if err != nil {
		return fmt.Errorf("erasing is not finished, though the rows are hidden already; run it again: %w", err)
	}
	if s.manifest != nil {
		m := erasedManifest(*s.manifest, rows, sums)
		if err := writeJSON(filepath.Join(dir, indexer.ManifestName), m); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(dir, erasureName)); err != nil {
		return fmt.Errorf("the rows are erased, but the record of the work stays: %w", err)
	}
	return syncFolder(dir)
}

// toErase gives the rows that still have content, and those of an unfinished erasure, ascending.
func (s *Store) toErase(ctx context.Context, ids []int64) ([]int64, error) {
	rows, err := s.Get(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("nothing was erased: %w", err)
	}
	unfinished, err := readErasure(s.dir)
	if err != nil {
		return nil, err
	}
	out := unfinished.Rows
	for _, row := range rows {
		if !row.Erased {
			out = append(out, row.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// eraseFiles rewrites the files of every partition that holds one of the rows, and gives the new
// SHA-256 of each by its path below the folder.
func (s *Store) eraseFiles(ctx context.Context, rows []int64) (map[string]string, error) {
	byPart := map[int]map[int]bool{} // partition -> row within it
	for _, id := range rows {
		part, row, err := s.place(id)
		if err != nil {
			return nil, err
		}
		if byPart[part] == nil {
			byPart[part] = map[int]bool{}
		}
		byPart[part][row] = true
	}
	sums := map[string]string{}
	for _, i := range slices.Sorted(maps.Keys(byPart)) {
		p := s.parts[i]
		for _, v := range []struct {
			name string
			m    *matrix
		}{{p.files.image, p.image}, {p.files.text, p.text}} {
			if v.m == nil {
				continue
			}
			sum, err := eraseVectors(ctx, v.m, byPart[i])
			if err != nil {
				return nil, err
			}
			sums[filepath.ToSlash(v.name)] = sum
		}
		if p.metadata == "" {
			continue
		}
		sum, err := eraseMetadata(ctx, filepath.Join(s.dir, p.metadata), byPart[i])
		if err != nil {
			return nil, err
		}
		sums[filepath.ToSlash(p.metadata)] = sum
	}
	return sums, nil
}

// eraseVectors replaces a .npy file by one whose given rows are zero.
func eraseVectors(ctx context.Context, m *matrix, rows map[int]bool) (sum string, err error) {
	out, err := createPending(m.path)
	if err != nil {
		return "", err
	}
	zero := make([]byte, m.dimension*m.width)
	_, err = out.Write(m.mapped[:len(m.mapped)-len(m.values)])
	for row := 0; row < m.rows && err == nil; row++ {
		if err = ctx.Err(); err != nil {
			break
		}
		values := m.block(row, 1)
		if rows[row] {
			values = zero
		}
		_, err = out.Write(values)
	}
	if err == nil {
		if sum, err = out.seal(); err == nil {
			err = out.publish()
		}
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("cannot rewrite %s: %w", m.path, err), out.abandon())
	}
	return sum, nil
}

// erasedManifest lists rows as erased and notes the new checksums.
func erasedManifest(m indexer.Manifest, rows []int64, sums map[string]string) indexer.Manifest {
	m.Erased = slices.Sorted(slices.Values(append(slices.Clone(m.Erased), rows...)))
	m.Erased = slices.Compact(m.Erased)
	m.Partitions = slices.Clone(m.Partitions)
	for i, p := range m.Partitions {
		m.Partitions[i].SHA256 = maps.Clone(p.SHA256)
		for name := range p.SHA256 {
			if sum, changed := sums[name]; changed {
				m.Partitions[i].SHA256[name] = sum
			}
		}
	}
	return m
}

// readErasure reads the record of an unfinished erasure; without one it is empty.
func readErasure(dir string) (erasure, error) {
	path := filepath.Join(dir, erasureName)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return erasure{}, nil
	}
	var e erasure
	if err == nil {
		err = json.Unmarshal(content, &e)
	}
	if err != nil {
		return erasure{}, fmt.Errorf("cannot read which rows of %s are being erased: %w: erase them again after removing %s", dir, err, path)
	}
	return e, nil
}

// erasedRows gives the rows that index.json or an unfinished erasure lists.
func erasedRows(dir string, m *indexer.Manifest) (map[int64]struct{}, error) {
	e, err := readErasure(dir)
	if err != nil {
		return nil, err
	}
	if m != nil {
		e.Rows = append(e.Rows, m.Erased...)
	}
	out := make(map[int64]struct{}, len(e.Rows))
	for _, id := range e.Rows {
		out[id] = struct{}{}
	}
	return out, nil
}

// writeJSON replaces a small file by the JSON of v.
func writeJSON(path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	out, err := createPending(path)
	if err != nil {
		return err
	}
	if _, err = out.Write(append(content, '\n')); err == nil {
		if _, err = out.seal(); err == nil {
			err = out.publish()
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot write %s: %w", path, err), out.abandon())
	}
	return nil
}
