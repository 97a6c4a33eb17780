package vectors

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rollcall/indexer"
)

// maxManifest bounds index.json: 100,000 partitions take about 50 MiB.
const maxManifest = 256 << 20

// files are the paths of one partition, relative to the folder; "" where it has no such file.
type files struct {
	number                int
	promised              int64 // rows that index.json gives it; -1 when unknown
	image, text, metadata string
}

// folder is an embedding folder: what is in it, nothing opened.
type folder struct {
	dir      string
	manifest *indexer.Manifest // nil in a folder of clip-retrieval's or LAION's
	parts    []files           // in row order
}

// readFolder finds the partitions of an embedding folder: those index.json names, or all files
// when there is no index.json.
func readFolder(dir string) (*folder, error) {
	manifest, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{dir: dir, manifest: manifest}
	if manifest != nil {
		f.parts, err = namedFiles(dir, manifest)
	} else {
		f.parts, err = foundFiles(dir)
	}
	return f, err
}

// readManifest reads index.json; nil when there is none.
func readManifest(dir string) (*indexer.Manifest, error) {
	path := filepath.Join(dir, indexer.ManifestName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	if info.Size() > maxManifest {
		return nil, fmt.Errorf("%s has %d bytes, more than an index has: is it another program's file?", path, info.Size())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the index's description: %w", err)
	}
	var m indexer.Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): run the same `rollcall index` command to write it again", path, err)
	}
	if m.Version != 1 {
		return nil, fmt.Errorf("%s has version %d, this program reads version 1: use the rollcall that made it (%s)", path, m.Version, m.Tool)
	}
	return &m, nil
}

// namedFiles gives the partitions that a manifest names, by number.
func namedFiles(dir string, m *indexer.Manifest) ([]files, error) {
	var out []files
	for _, p := range m.Partitions {
		part := files{number: p.Number, promised: p.Rows}
		for name := range p.SHA256 {
			if !filepath.IsLocal(name) {
				return nil, fmt.Errorf("%s names %q, a file outside of the index: it was tampered with", filepath.Join(dir, indexer.ManifestName), name)
			}
			switch top, _, _ := strings.Cut(name, "/"); top {
			case imageFolder:
				part.image = name
			case textFolder:
				part.text = name
			case metadataFolder:
				part.metadata = name
			}
		}
		if p.Rows > 0 {
			out = append(out, part)
		}
	}
	slices.SortFunc(out, func(a, b files) int { return cmp.Compare(a.number, b.number) })
	return out, nil
}

// foundFiles pairs the files of a folder that has no manifest. Partitions come in the
// lexicographic order of their names, as every reader of such folders takes them.
func foundFiles(dir string) ([]files, error) {
	image, err := numbered(dir, []string{imageFolder, "images"}, ".npy")
	if err != nil {
		return nil, err
	}
	text, err := numbered(dir, []string{textFolder, "texts"}, ".npy")
	if err != nil {
		return nil, err
	}
	metadata, err := numbered(dir, []string{metadataFolder}, ".parquet")
	if err != nil {
		return nil, err
	}
	lead := slices.MaxFunc([][]numberedFile{metadata, text, image}, func(a, b []numberedFile) int {
		return cmp.Compare(min(len(a), 1), min(len(b), 1)) // the last that has any
	})
	if len(lead) == 0 {
		return nil, fmt.Errorf("%s is no embedding folder: it has neither %s nor img_emb/*.npy, text_emb/*.npy or metadata/*.parquet", dir, indexer.ManifestName)
	}
	out := make([]files, len(lead))
	place := map[int]int{}
	for i, f := range lead {
		out[i] = files{number: f.number, promised: -1}
		place[f.number] = i
	}
	fill := func(list []numberedFile, slot func(*files) *string) error {
		if len(list) > 0 && len(list) != len(lead) {
			return unpaired(dir, lead, list)
		}
		for _, f := range list {
			i, ok := place[f.number]
			if !ok {
				return unpaired(dir, lead, list)
			}
			*slot(&out[i]) = f.path
		}
		return nil
	}
	return out, errors.Join(
		fill(image, func(f *files) *string { return &f.image }),
		fill(text, func(f *files) *string { return &f.text }),
		fill(metadata, func(f *files) *string { return &f.metadata }))
}

// unpaired says which partition one list has and the other lacks.
func unpaired(dir string, a, b []numberedFile) error {
	has := func(list []numberedFile, number int) bool {
		return slices.ContainsFunc(list, func(f numberedFile) bool { return f.number == number })
	}
	for range 2 {
		for _, f := range a {
			if !has(b, f.number) {
				return fmt.Errorf("%s: %s has no partner among %s and its like: rows would be paired wrongly; restore the missing file or remove this one",
					dir, f.path, b[0].path)
			}
		}
		a, b = b, a
	}
	return fmt.Errorf("%s: partition numbers repeat among %s and its like", dir, a[0].path)
}

// numberedFile is a file of one partition.
type numberedFile struct {
	number int
	path   string // relative to the embedding folder
}

// numbered lists the partition files of one kind by name, from the first of the folders that has
// any. The number is the digits at the end of a name; a file without one is an error.
func numbered(dir string, folders []string, suffix string) ([]numberedFile, error) {
	for _, sub := range folders {
		entries, err := os.ReadDir(filepath.Join(dir, sub)) // sorted by name
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot list %s: %w", filepath.Join(dir, sub), err)
		}
		var out []numberedFile
		seen := map[int]string{}
		for _, e := range entries {
			stem, ok := strings.CutSuffix(e.Name(), suffix)
			if !ok || e.IsDir() {
				continue
			}
			number, err := strconv.Atoi(stem[len(strings.TrimRight(stem, "0123456789")):])
			if err != nil {
				return nil, fmt.Errorf("%s has no partition number at the end of its name: rename it or take it away", filepath.Join(dir, sub, e.Name()))
			}
			if other, twice := seen[number]; twice {
				return nil, fmt.Errorf("%s and %s in %s have the same partition number: take one away", other, e.Name(), filepath.Join(dir, sub))
			}
			seen[number] = e.Name()
			out = append(out, numberedFile{number, filepath.Join(sub, e.Name())})
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, nil
}
