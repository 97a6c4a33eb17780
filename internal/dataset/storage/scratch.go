package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Scratch is a folder on disk that is of use to this process alone. Whoever makes one first removes
// those of processes that died before they could.
type Scratch struct {
	Dir  string
	lock *os.File
}

// NewScratch makes a scratch folder. All of a user on one machine lie in one folder below TMPDIR,
// rollcall-UID-HOST, and each is locked as long as its process lives: a lock that can be had is a
// dead process's. Whoever makes or removes one locks the common folder meanwhile, so that none is
// seen between making and locking. The host is in the name because some network file systems have
// locks that other machines do not see. Where there are no locks, nothing is removed.
func NewScratch() (*Scratch, error) {
	root, err := scratchRoot()
	if err != nil {
		return nil, err
	}
	common, err := os.Open(root)
	if err != nil {
		return nil, err
	}
	defer common.Close() // gives the lock back
	if err := flock(common, syscall.LOCK_EX); err == nil {
		err = removeDead(root)
		if err != nil {
			return nil, fmt.Errorf("what an earlier process left in %s: %w", root, err)
		}
	}
	dir, err := os.MkdirTemp(root, "")
	if err != nil {
		return nil, err
	}
	lock, err := os.Open(dir)
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	// Without locks nobody removes what is not his.
	_ = flock(lock, syscall.LOCK_EX|syscall.LOCK_NB)
	return &Scratch{dir, lock}, nil
}

// Close removes the folder.
func (s *Scratch) Close() error { return errors.Join(os.RemoveAll(s.Dir), s.lock.Close()) }

// scratchRoot makes the common folder, which must be this user's alone: TMPDIR is often everybody's.
func scratchRoot() (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", err
	}
	root := filepath.Join(os.TempDir(), fmt.Sprintf("rollcall-%d-%s", os.Getuid(), host))
	if err := os.Mkdir(root, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("no scratch folder (TMPDIR says where): %w", err)
	}
	info, err := os.Lstat(root)
	if err != nil {
		return "", err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || known && int(owner.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s is not a folder of yours alone: remove it, or let TMPDIR say another place", root)
	}
	return root, nil
}

// removeDead removes the scratch folders that no process holds.
func removeDead(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		dir := filepath.Join(root, e.Name())
		lock, err := os.Open(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue // its process has just removed it
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if flock(lock, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			errs = append(errs, os.RemoveAll(dir))
		}
		errs = append(errs, lock.Close())
	}
	return errors.Join(errs...)
}

// flock locks a file or folder, again when a signal comes between.
func flock(file *os.File, how int) error {
	for {
		if err := syscall.Flock(int(file.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
