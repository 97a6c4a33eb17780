package state

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// ErrInMemory says that there is no file.
var ErrInMemory = errors.New("the state database is in memory")

// Folder is where the file is.
func (s *Store) Folder() (string, error) {
	if s.path == "" {
		return "", ErrInMemory
	}
	return filepath.Dir(s.path), nil
}

// Backup writes everything as it is at one moment to a new file at path, in whose folder nobody else
// should be able to read. Others wait meanwhile. What was removed is not in the copy either.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("copying the state database: %w", err)
	}
	return nil
}
