package vectors

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockName is the file that a writer of the folder locks. It stays; only the lock on it counts,
// and the kernel takes that from a dead process.
const lockName = ".lock"

// Lock makes the caller the only writer of a folder, until unlock; dir must exist. It does not
// wait: when another process or goroutine writes there, that is the error. Readers need no lock.
func Lock(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s for writing: %w", dir, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		err = fmt.Errorf("another rollcall is writing to %s: wait until it is done", dir)
	case err != nil:
		err = fmt.Errorf("cannot lock %s: %w", path, err)
	default:
		return f.Close, nil // closing the file gives the lock back
	}
	return nil, errors.Join(err, f.Close())
}
