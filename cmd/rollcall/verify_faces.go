package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rollcall/internal/face"
	"rollcall/internal/vectors"
)

// checkFaces reads the stored faces of an index whole, where it has some: each of a row that its file
// may have, with a vector of length 1, and all of them of the index as it is.
func (found *verifiedIndex) checkFaces(ctx context.Context, dir string, fingerprint string) error {
	if _, err := os.Stat(filepath.Join(dir, face.StoreDir)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	wrong := func(problem string) {
		found.Findings = append(found.Findings, vectors.Finding{
			File: face.StoreDir, Problem: strings.TrimSuffix(problem, "; "+face.Remedy), Action: face.Remedy,
		})
	}
	stored, err := face.OpenStore(dir)
	if err != nil {
		wrong(err.Error())
		return nil
	}
	m := stored.Manifest()
	switch {
	case m.Index != fingerprint:
		wrong(fmt.Sprintf("the faces are of an index with fingerprint %.12s, this one has %.12s", m.Index, fingerprint))
	case !m.Complete || m.Rows != found.Rows:
		wrong(fmt.Sprintf("the faces are of %d rows, the index has %d", m.Rows, found.Rows))
	}
	err = stored.Each(ctx, func(int64, *face.Stored) error { return nil })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		wrong(err.Error())
	}
	found.Files += len(m.Partitions)
	return nil
}
