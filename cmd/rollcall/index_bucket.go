package main

import (
	"context"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// openTarget reaches the folder in a bucket that an index comes to be in; it is nil for one on disk.
func openTarget(ctx context.Context, dir string) (folder indexer.Folder, closeFolder func() error, err error) {
	if !storage.InBucket(dir) {
		return nil, func() error { return nil }, nil
	}
	opened, err := storage.OpenFolder(ctx, dir)
	if err != nil {
		return nil, nil, usageError{err}
	}
	return opened, opened.Close, nil
}
