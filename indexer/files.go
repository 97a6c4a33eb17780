package indexer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// moveFile gives a file that is already on disk its place, making the folder when missing. A file
// that has moved already is no error.
func moveFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	err := os.Rename(from, to)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, there := os.Stat(to); there == nil {
		return nil
	}
	return err
}

// syncFolder makes renames in a folder last through a crash.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// writeFile replaces a file by new content at once: readers see the old or the new, also after a
// crash. The content is first written to temp, in the same file system, which must not be another
// writer's.
func writeFile(temp, path string, content []byte) error {
	if err := writeSynced(temp, content); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(path))
}

// writeSynced writes a file and puts it on disk, or leaves none.
func writeSynced(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync())
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// publishFirst gives a file a place unless another one has it, which is an error that wraps
// fs.ErrExist. Of several writers one succeeds, where the file system has hard links; elsewhere two
// within the same moment can both, and the last one stays.
func publishFirst(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil {
		return os.Remove(temp)
	}
	if !errors.Is(err, syscall.EPERM) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if _, there := os.Stat(path); there == nil {
		return fs.ErrExist
	}
	return os.Rename(temp, path)
}

// isFull says whether a disk, a quota or a limit on file sizes is what an operation ran into.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
