package state

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrInUse says that another process has the file.
var ErrInUse = errors.New("another process uses it: stop that one, or give this one a file of its own")

// lock holds the file at path against every other process until it is closed. The system lets go
// of it when the process ends, however it ends.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), file.Close())
	}
	return file, nil
}
