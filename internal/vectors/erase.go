package vectors

import (
	"bufio"
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

// eraseFiles rewrites the files of every partition that holds one of the rows, and gives the new
// SHA-256 of each by its path below the folder.
func (s *Store) eraseFiles(ctx context.Context, rows []int64) (map[string]string, error) {
	byPart, err := s.byPartition(rows)
	if err != nil {
		return nil, err
	}
	if err := s.removeDerived(byPart); err != nil {
		return nil, err
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

// byPartition gives the places of rows: by partition, those within it.
func (s *Store) byPartition(rows []int64) (map[int]map[int]bool, error) {
	byPart := map[int]map[int]bool{}
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
	return byPart, nil
}

// removeDerived removes what was derived, but for what belongs to partitions that are not changed:
// the rest holds content of the rows, or may, and can be made again.
func (s *Store) removeDerived(changed map[int]map[int]bool) error {
	keep := map[string]bool{}
	for i, p := range s.parts {
		if changed[i] != nil {
			continue
		}
		for _, v := range p.vectors() {
			keep[derivedPath(s.dir, v.name, codesSuffix)] = true
			keep[derivedPath(s.dir, v.name, bitsSuffix)] = true
		}
		keep[derivedPath(s.dir, p.metadata, arrowSuffix)] = true
	}
	err := filepath.WalkDir(filepath.Join(s.dir, derivedFolder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || keep[path] {
			return err
		}
		return os.Remove(path)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove what was made from the files: %w", err)
	}
	return nil
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

// writeJSON replaces a small file by the JSON of v.
func writeJSON(path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return replace(path, func(w *bufio.Writer) error {
		_, err := w.Write(append(content, '\n'))
		return err
	})
}
