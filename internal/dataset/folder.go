package dataset

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// folder reads image files with captions (.txt) and metadata (.json) beside them, paired by their
// path without extension, in the order of these paths. It holds the names of one directory at a
// time. Links to files are followed, links to directories are samples that cannot be used.
type folder struct {
	roots []string
	reach storage.Reach
	info  indexer.SourceInfo
	forecast
}

func openFolder(ctx context.Context, s *setup) (indexer.Source, error) {
	if err := checkFolders(ctx, s.files, s.inputs); err != nil {
		return nil, err
	}
	f := &folder{roots: s.inputs, reach: s.reach}
	digest := newDigest()
	for _, root := range s.inputs {
		samples := int64(0)
		err := walk(ctx, s.files, root, "", func(_ string, files []inputFile) error {
			samples += countSamples(files)
			for _, file := range files {
				if _, err := digest.addAny(ctx, s.files, file); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		f.add(0, samples)
	}
	f.info = s.info(digest)
	return f, nil
}

func checkFolders(ctx context.Context, files *storage.Files, inputs []string) error {
	for _, input := range inputs {
		isDir, err := files.IsDir(ctx, input)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: no such folder", input)
		}
		if err != nil {
			return err
		}
		if !isDir {
			return fmt.Errorf("%s: not a folder; the folder format takes the folder that holds the images", input)
		}
		for _, other := range inputs {
			if other != input && storage.Within(input, other) {
				return fmt.Errorf("%s is in %s, which is given too: its samples would be counted twice", input, other)
			}
		}
	}
	return nil
}

// countSamples is how many samples files of one key make: one, and one for each further file of a kind.
func countSamples(files []inputFile) int64 {
	g := group{}
	for _, file := range files {
		g.parts = append(g.parts, part{name: file.name, kind: file.kind()})
	}
	return int64(len(g.samples()))
}

// Describe says which folders these are.
func (f *folder) Describe() indexer.SourceInfo { return f.info }

// Read visits every sample.
func (f *folder) Read(ctx context.Context, visit func(indexer.Sample) error) error {
	return f.ReadAfter(ctx, 0, visit)
}

// ReadAfter visits every sample after the first skip ones, whose files are not opened.
func (f *folder) ReadAfter(ctx context.Context, skip int64, visit func(indexer.Sample) error) (err error) {
	files := storage.New(f.reach)
	defer func() { err = errors.Join(err, files.Close()) }()
	out := newCounter(&f.forecast, skip, visit)
	for _, root := range f.roots {
		f.next()
		if err := readTree(ctx, files, root, out); err != nil {
			return err
		}
	}
	return nil
}

// readTree hands on the samples below one folder.
func readTree(ctx context.Context, files *storage.Files, root string, out *counter) error {
	return walk(ctx, files, root, "", func(key string, of []inputFile) error {
		g := group{key: key, position: storage.Join(root, key)}
		for _, file := range of {
			g.parts = append(g.parts, filePart(ctx, files, file, out.wanted()))
		}
		return out.emit(g.samples())
	})
}

// walk visits the groups of files below root in the order of their keys, which are relative to root, as
// are the names of the files. A directory is sorted as if its name ended in a slash: so the keys come in
// the order of whole paths.
func walk(ctx context.Context, files *storage.Files, root, dir string, visit func(key string, files []inputFile) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := files.List(ctx, storage.Join(root, dir))
	if err != nil {
		return fmt.Errorf("%w: let it be read, or take it out of the data set", err)
	}
	entries.Sort(byKey)
	var key string
	var group []inputFile // of that key, so far
	whole := func() error {
		of := group
		if group = nil; len(of) == 0 {
			return nil
		}
		return visit(key, of)
	}
	for e := range entries.All() {
		name := path.Join(dir, e.Name)
		switch {
		case e.Dir:
			if err = whole(); err == nil {
				err = walk(ctx, files, root, name, visit)
			}
		case e.Link && linkedDirectory(root, name):
			e.Dir = true
			if err = whole(); err == nil {
				err = visit(name, []inputFile{{storage.Join(root, name), name, e}})
			}
		case kindOf(extension(e.Name)) == kindOther:
		case keyOf(name) == key && len(group) > 0:
			group = append(group, inputFile{storage.Join(root, name), name, e})
		default:
			err = whole()
			key, group = keyOf(name), []inputFile{{storage.Join(root, name), name, e}}
		}
		if err != nil {
			return err
		}
	}
	return whole()
}

// byKey is the order in which a walk comes to files and folders, the names of folders with a slash.
func byKey(a, b []byte) int {
	return cmp.Or(bytes.Compare(entryKey(a), entryKey(b)), bytes.Compare(a, b))
}

// entryKey is keyOf within a folder, whose name is its own key.
func entryKey(name []byte) []byte {
	if dot := bytes.LastIndexByte(name, '.'); dot > 0 && name[len(name)-1] != '/' {
		return name[:dot]
	}
	return name
}

// keyOf is the name without its extension; a name that is all extension stays whole.
func keyOf(name string) string {
	if key := strings.TrimSuffix(name, path.Ext(name)); key != "" && !strings.HasSuffix(key, "/") {
		return key
	}
	return name
}

func extension(name string) string { return strings.TrimPrefix(path.Ext(name), ".") }

// linkedDirectory tells a link to a directory.
func linkedDirectory(root, name string) bool {
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil && info.IsDir()
}

// filePart reads one file of a sample, when its content is wanted.
func filePart(ctx context.Context, files *storage.Files, file inputFile, wanted bool) part {
	p := part{name: file.name, path: file.path, kind: file.kind()}
	if limit := p.kind.limit(); wanted && limit > 0 {
		p.data, p.err = readWhole(ctx, files, file.path, limit)
	}
	return p
}

// readWhole reads a file of at most limit bytes.
func readWhole(ctx context.Context, files *storage.Files, path string, limit int64) ([]byte, *indexer.Failure) {
	f, err := files.Stream(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, indexer.Failf(indexer.ReasonMissingFile, "%s is not there any more, or a link that leads nowhere", path)
	case err != nil:
		return nil, indexer.Failf(indexer.ReasonUnreadableFile, "%v", err)
	}
	return readOpen(f, path, limit)
}

// readOpen is readWhole of an open file, which it closes.
func readOpen(f storage.File, path string, limit int64) ([]byte, *indexer.Failure) {
	defer f.Close() // read only: nothing can be lost
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, indexer.Failf(indexer.ReasonUnreadableFile, "%v", err)
	case int64(len(data)) > limit:
		return nil, indexer.Failf(indexer.ReasonTooLarge, "%s has more than %d bytes", path, limit)
	}
	return data, nil
}
