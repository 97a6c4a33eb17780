package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/internal/server/state"
)

// forgetEvidence removes what rollcall serve has kept of erased rows as evidence of counts, in the
// database beside the index. One that is running does that itself, and so does any other, with a
// database elsewhere, when it starts.
func (a *app) forgetEvidence(ctx context.Context, dir string, ids []int64) (err error) {
	path := filepath.Join(filepath.Dir(dir), serviceState)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	kept, err := state.Open(ctx, path)
	if errors.Is(err, state.ErrInUse) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	return kept.EraseRows(ctx, filepath.Base(dir), ids)
}
