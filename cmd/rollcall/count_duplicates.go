package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/dataset/storage"
	"rollcall/retriever"
)

// hasher hashes the images that tell near-duplicates; nil, and said, when nobody knows where they are
// or it is not wanted.
func (a *app) hasher(opened *index, c counting) *retriever.Hasher {
	if !c.flags.hashImages {
		return nil
	}
	from, why := hashedFrom(opened, c.flags.imageRoots)
	if from == nil {
		a.warn([]string{"near-duplicates are told by vectors alone: " + why})
		return nil
	}
	return retriever.NewHasher(opened, hashing{from, a})
}

// hashedFrom is where the images of an index are; nil, and why, when nobody knows.
func hashedFrom(opened *index, imageRoots []string) (from *pictures, why string) {
	from = picturesOf(opened, imageRoots)
	switch {
	case len(from.inputs) == 0:
		return nil, "the images are not at hand; say with --image-root where they are"
	case len(imageRoots) == 0 && slices.ContainsFunc(from.inputs, storage.InBucket):
		return nil, "the images are in a bucket, which is read only when --image-root names it"
	}
	return from, ""
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
