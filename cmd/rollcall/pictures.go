package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset"
	"rollcall/retriever"
)

// pictures finds the image files of rows: first by path below the folders of --image-root, then by
// reading the data set, which may be tars, until all are found.
type pictures struct {
	roots  []string
	inputs []string // the data set: what was indexed, or the roots
	format string   // of the data set; "" is found out
}

// picturesOf knows where an index's images are; opened may be nil, for caption files.
func picturesOf(opened *index, roots []string) *pictures {
	p := &pictures{roots: roots, inputs: roots}
	if len(roots) == 0 && opened != nil && opened.manifest != nil {
		p.inputs, p.format = opened.manifest.Source.Inputs, opened.manifest.Source.Format
		if len(p.inputs) == 1 && isFolder(p.inputs[0]) { // of several, an image path does not say which
			p.roots = p.inputs
		}
	}
	return p
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Pictures implements retriever.Pictures.
func (p *pictures) Pictures(ctx context.Context, rows []retriever.Row, visit func(int, []byte, error) error) error {
	missing := map[pictureKey][]int{}
	for i, row := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := p.file(row.ImagePath)
		if err == nil && data == nil {
			missing[pictureKey{row.Key, row.ImagePath}] = append(missing[pictureKey{row.Key, row.ImagePath}], i)
			continue
		}
		if err := visit(i, data, err); err != nil {
			return err
		}
	}
	problem, err := p.read(ctx, missing, visit)
	if err != nil {
		return err
	}
	for _, places := range missing {
		for _, i := range places {
			if err := visit(i, nil, problem); err != nil {
				return err
			}
		}
	}
	return nil
}

// pictureKey is what names a sample in a data set, and its row in the index.
type pictureKey struct{ key, path string }

// errAllFound ends the reading of a data set early.
var errAllFound = errors.New("all images were found")

// read goes through the data set for the images that are still missing, and takes those that it
// finds out of the map. problem is why the others are not there.
func (p *pictures) read(ctx context.Context, missing map[pictureKey][]int, visit func(int, []byte, error) error) (problem, err error) {
	problem = retriever.ErrNoPicture
	if len(missing) == 0 || len(p.inputs) == 0 {
		return problem, nil
	}
	source, err := dataset.OpenContext(ctx, p.inputs, dataset.Options{Format: p.format})
	if err != nil {
		return fmt.Errorf("%w (%w)", retriever.ErrNoPicture, err), ctx.Err()
	}
	err = source.Read(ctx, func(s indexer.Sample) error {
		k := pictureKey{s.Key, s.ImagePath}
		places := missing[k]
		if s.Image == nil || len(places) == 0 {
			return nil
		}
		delete(missing, k)
		for _, i := range places {
			if err := visit(i, s.Image, nil); err != nil {
				return err
			}
		}
		if len(missing) == 0 {
			return errAllFound
		}
		return nil
	})
	if errors.Is(err, errAllFound) {
		err = nil
	}
	return problem, err
}

// file reads an image below one of the roots; nil when it is in none. No "..", absolute path or
// symbolic link leads out of a root.
func (p *pictures) file(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	for _, folder := range p.roots {
		data, err := readBelow(folder, path)
		if !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
	}
	return nil, nil
}

func readBelow(folder, path string) (data []byte, err error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("--image-root: %w", err)
	}
	defer root.Close() // read only: nothing can be lost
	if filepath.IsAbs(path) {
		base, err := filepath.Abs(folder)
		if err != nil {
			return nil, err
		}
		if path, err = filepath.Rel(base, path); err != nil || strings.HasPrefix(path, "..") {
			return nil, fs.ErrNotExist
		}
	}
	f, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fs.ErrNotExist
	case info.Size() > maxPhotoBytes:
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read", path, info.Size(), maxPhotoBytes)
	}
	return io.ReadAll(io.LimitReader(f, maxPhotoBytes))
}
