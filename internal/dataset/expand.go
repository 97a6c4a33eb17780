package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// inputFile is one file of a data set: where it is, and its name relative to the input it came
// from, which stays the same when the data set is moved.
type inputFile struct{ path, name string }

// expand turns inputs into files: a file stands for itself, a folder for the files directly in it
// with one of the extensions, a glob for what it matches, and {00000..00331} or {a,b} for each of
// its values. Folders and globs are sorted by name. An input that stands for nothing is an error.
func expand(inputs []string, extensions []string) ([]inputFile, error) {
	if len(inputs) == 0 {
		return nil, errors.New("no input: give at least one file or folder")
	}
	var files []inputFile
	for _, input := range inputs {
		paths, err := expandPattern(input)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			found, err := expandPath(path, extensions)
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		}
	}
	return files, nil
}

// expandPattern resolves braces and globs. A path that exists is never a pattern.
func expandPattern(input string) ([]string, error) {
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

func expandPath(path string, extensions []string) ([]inputFile, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file or folder", path)
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []inputFile{{path, filepath.Base(path)}}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []inputFile
	for _, e := range entries {
		if !e.IsDir() && hasExtension(e.Name(), extensions) {
			files = append(files, inputFile{filepath.Join(path, e.Name()), e.Name()})
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no file in this folder ends in %s", path, strings.Join(extensions, ", "))
	}
	return files, nil
}

func hasExtension(name string, extensions []string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(extensions, func(e string) bool { return strings.HasSuffix(lower, e) })
}
