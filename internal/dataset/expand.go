package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rollcall/internal/dataset/storage"
)

// inputFile is one file of a data set: where it is, and its name relative to the input it came
// from, which stays the same when the data set is moved.
type inputFile struct {
	path, name string
	listed     storage.Entry // what the listing of its folder said, if it was listed
}

func (f inputFile) kind() kind {
	if f.listed.Link && f.listed.Dir {
		return kindFolderLink
	}
	return kindOf(extension(f.name))
}

// expand turns inputs into files: a file stands for itself, a folder for the files directly in it
// with one of the extensions, a glob (on disk) for what it matches, and {00000..00331} or {a,b} for
// each of its values. Folders and globs are sorted by name. An input that stands for nothing is an
// error.
func expand(ctx context.Context, files *storage.Files, inputs []string, extensions []string) ([]inputFile, error) {
	if len(inputs) == 0 {
		return nil, errors.New("no input: give at least one file or folder")
	}
	var found []inputFile
	for _, input := range inputs {
		paths, err := expandPattern(input)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			below, err := expandPath(ctx, files, path, extensions)
			if err != nil {
				return nil, err
			}
			found = append(found, below...)
		}
	}
	return found, checkOnce(found, func(f inputFile) string { return f.path })
}

// checkOnce refuses what is given twice: each of its samples would be two.
func checkOnce[T any](given []T, path func(T) string) error {
	seen := make(map[string]bool, len(given))
	for _, g := range given {
		at := storage.Canonical(path(g))
		if seen[at] {
			return fmt.Errorf("%s is given twice: its samples would be counted twice", path(g))
		}
		seen[at] = true
	}
	return nil
}

// expandPattern resolves braces and globs. A path that exists is never a pattern.
func expandPattern(input string) ([]string, error) {
	if storage.InBucket(input) {
		return expandBraces(input)
	}
	if _, err := os.Stat(input); err == nil {
		return []string{input}, nil
	}
	braced, err := expandBraces(input)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, path := range braced {
		if !strings.ContainsAny(path, "*?[") {
			paths = append(paths, path)
			continue
		}
		matches, err := filepath.Glob(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("%s: no file matches", path)
		}
		slices.Sort(matches)
		paths = append(paths, matches...)
	}
	return paths, nil
}

func expandPath(ctx context.Context, files *storage.Files, path string, extensions []string) ([]inputFile, error) {
	if storage.InBucket(path) && hasExtension(storage.Base(path), extensions) {
		return []inputFile{{path: path, name: storage.Base(path)}}, nil // one request less for each of many shards
	}
	isDir, err := files.IsDir(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file or folder", path)
	}
	if err != nil {
		return nil, err
	}
	if !isDir {
		return []inputFile{{path: path, name: storage.Base(path)}}, nil
	}
	entries, err := files.List(ctx, path)
	if err != nil {
		return nil, err
	}
	var found []inputFile
	for e := range entries.All() {
		if !e.Dir && hasExtension(e.Name, extensions) {
			found = append(found, inputFile{storage.Join(path, e.Name), e.Name, e})
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no file in this folder ends in %s", path, strings.Join(extensions, ", "))
	}
	return found, nil
}

func hasExtension(name string, extensions []string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(extensions, func(e string) bool { return strings.HasSuffix(lower, e) })
}
