package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/internal/server/state"
)

// serviceState is the state database's name below the data folder.
const serviceState = "state.db"

// keptFiles are what a service leaves behind, and the photos that it reads.
type keptFiles struct {
	state  *state.Store
	root   *os.Root // of the photos; nil without a photo folder
	photos fs.FS
}

// keep opens the state database and the photo folder. No link in the folder leads out of it.
func (s *service) keep(ctx context.Context) (*keptFiles, error) {
	kept := &keptFiles{}
	if s.flags.photos != "" {
		root, err := os.OpenRoot(s.flags.photos)
		if err != nil {
			return nil, usagef("--photos: %w", err)
		}
		kept.root, kept.photos = root, root.FS()
	}
	path := s.flags.state
	if path == "" {
		path = filepath.Join(s.dataDir, serviceState)
	}
	var err error
	if kept.state, err = state.Open(ctx, path); err != nil {
		return nil, errors.Join(usageError{fmt.Errorf("%w; --state names another file", err)}, kept.close())
	}
	return kept, nil
}

func (k *keptFiles) close() error {
	var errs []error
	if k.state != nil {
		errs = append(errs, k.state.Close())
	}
	if k.root != nil {
		errs = append(errs, k.root.Close())
	}
	return errors.Join(errs...)
}
