package indexer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// disk is a folder on disk, on one machine or shared by many. Files appear by temp, fsync and
// rename; staged ones lie within the folder, so that a rename is enough to place them.
type disk struct{ dir string }

func (d disk) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// temp is a file of this writer alone, in the same file system.
func (d disk) temp() string { return d.path(stateName + "/" + attempt() + ".tmp") }

// Read reads a small file.
func (d disk) Read(_ context.Context, name string, limit int64) ([]byte, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing can be lost
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s has more than %d bytes, so it is no file of rollcall's", d.path(name), limit)
	}
	return content, err
}

// List reads the names in a folder.
func (d disk) List(_ context.Context, folder string) ([]string, error) {
	entries, err := os.ReadDir(d.path(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// Create links a whole file to its name, which fails when the name is taken.
func (d disk) Create(_ context.Context, name string, content []byte) (first bool, err error) {
	temp, path := d.temp(), d.path(name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(temp), 0o777), os.MkdirAll(filepath.Dir(path), 0o777)); err != nil {
		return false, err
	}
	if err := writeSynced(temp, content); err != nil {
		return false, err
	}
	err = publishFirst(temp, path)
	if errors.Is(err, fs.ErrExist) {
		return false, os.Remove(temp)
	}
	if err != nil {
		return false, errors.Join(err, os.Remove(temp))
	}
	return true, syncFolder(filepath.Dir(path))
}

// Replace renames a whole file over the old one.
func (d disk) Replace(_ context.Context, name string, content []byte) error {
	return writeFile(d.temp(), d.path(name), content)
}

// Stage is the folder itself.
func (d disk) Stage(folder string) string { return d.path(folder) }

// Keep makes the names of files that are on disk already last through a crash.
func (d disk) Keep(_ context.Context, folder string) error {
	err := filepath.WalkDir(d.path(folder), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return syncFolder(path)
	})
	return errors.Join(err, syncFolder(filepath.Dir(d.path(folder))))
}

// Place renames files.
func (d disk) Place(_ context.Context, names map[string]string) error {
	folders := []string{d.dir}
	for from, to := range names {
		if err := moveFile(d.path(from), d.path(to)); err != nil {
			return err
		}
		folders = append(folders, filepath.Dir(d.path(to)))
	}
	slices.Sort(folders)
	var errs []error
	for _, folder := range slices.Compact(folders) {
		errs = append(errs, syncFolder(folder))
	}
	return errors.Join(errs...)
}

// Remove removes a file or folder, so that it does not come back after a crash.
func (d disk) Remove(_ context.Context, name string) error {
	err := errors.Join(os.RemoveAll(d.path(name)), syncFolder(filepath.Dir(d.path(name))))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// clear removes what interrupted runs left. No other run may be at work.
func (d disk) clear(done []doneRecord) error {
	keep := map[string]bool{doneName: true}
	for _, r := range done {
		keep[r.Folder] = true
	}
	entries, err := os.ReadDir(d.path(stateName))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	errs := []error{err}
	for _, e := range entries {
		if !keep[e.Name()] {
			errs = append(errs, os.RemoveAll(filepath.Join(d.path(stateName), e.Name())))
		}
	}
	return errors.Join(errs...)
}
