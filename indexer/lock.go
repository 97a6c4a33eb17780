package indexer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockName is the file that every writer of an index locks, erasure included.
const lockName = ".lock"

// lock makes the caller the only writer of a folder, which it makes when missing. It does not
// wait. The kernel takes the lock from a process that dies.
func lock(dir string) (unlock func() error, err error) { return flock(dir, syscall.LOCK_EX) }

// lockShared lets other tasks write beside the caller, and keeps writers out that want the folder
// for themselves. Tasks do not rely on it for their own files, so a file system without locks will
// do.
func lockShared(dir string) (unlock func() error, err error) {
	unlock, err = flock(dir, syscall.LOCK_SH)
	if errors.Is(err, syscall.ENOLCK) || errors.Is(err, errors.ErrUnsupported) {
		return func() error { return nil }, nil
	}
	return unlock, err
}

func flock(dir string, how int) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another rollcall is writing to %s: wait until it is done", dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
