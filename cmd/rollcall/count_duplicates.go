package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/dataset/storage"
	"rollcall/retriever"
)

// hashedFrom is where the images are whose perceptual hashes tell near-duplicates; nil, and said, when
// nobody knows or it is not wanted.
func (a *app) hashedFrom(opened *index, c counting) retriever.Pictures {
	if !c.flags.hashImages {
		return nil
	}
	from := picturesOf(opened, c.flags.imageRoots)
	switch {
	case len(from.inputs) == 0:
		a.warn([]string{"near-duplicates are told by vectors alone: the images are not at hand; say with --image-root where they are"})
		return nil
	case len(c.flags.imageRoots) == 0 && slices.ContainsFunc(from.inputs, storage.InBucket):
		a.warn([]string{"near-duplicates are told by vectors alone: the images are in a bucket, which is read only when --image-root names it"})
		return nil
	}
	return hashing{from, a}
}

// hashing shows how far the reading of images for perceptual hashes has come.
type hashing struct {
	from *pictures
	app  *app
}

// Pictures implements retriever.Pictures.
func (h hashing) Pictures(ctx context.Context, rows []retriever.Row, visit func(int, []byte, error) error) error {
	if !h.app.quiet {
		fmt.Fprintf(h.app.stderr, "reading the images of %d rows in %s for near-duplicates; --hash-images=false leaves that out\n", len(rows), strings.Join(h.from.inputs, ", "))
	}
	progress := h.app.newProgress("images hashed")
	defer progress.finish()
	var done, failed int64
	return h.from.Pictures(ctx, rows, func(i int, image []byte, err error) error {
		done++
		if err != nil {
			failed++
		}
		progress.update(done, int64(len(rows)), failed)
		return visit(i, image, err)
	})
}
