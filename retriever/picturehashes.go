package retriever

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// hashedPictures are the perceptual hashes of rows whose images could be had.
type hashedPictures struct {
	hashes  map[int64]PictureHash // by row
	missing int                   // rows without one
	problem error                 // the first of their reasons
}

// hashedAtOnce bounds the images in memory: one of 100 million pixels, the largest, takes 250 MB.
const hashedAtOnce = 4

// hashPictures hashes the images of rows, each once, several at a time. Memory follows those and 16
// bytes a row. rows gives key and path of the images, from the images.
func hashPictures(ctx context.Context, rows Rows, from Pictures, ids []int64) (hashedPictures, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out := hashedPictures{hashes: make(map[int64]PictureHash, len(ids))}
	named, err := pictureNames(ctx, rows, ids)
	if err != nil {
		return out, err
	}
	var mu sync.Mutex
	note := func(i int, h PictureHash, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			out.hashes[named[i].ID] = h
			return
		}
		out.missing++
		if out.problem == nil {
			out.problem = err
		}
	}
	hashing, ctx := errgroup.WithContext(ctx)
	hashing.SetLimit(min(runtime.GOMAXPROCS(0), hashedAtOnce))
	err = from.Pictures(ctx, named, func(i int, image []byte, err error) error {
		if err != nil {
			note(i, 0, err)
			return ctx.Err()
		}
		hashing.Go(func() error {
			h, err := NewPictureHash(image)
			note(i, h, err)
			return nil
		})
		return ctx.Err()
	})
	if waited := hashing.Wait(); err == nil {
		err = waited
	}
	if err != nil {
		return out, fmt.Errorf("hashing images: %w", err)
	}
	return out, nil
}

// namesAtOnce bounds the rows whose captions and other columns are in memory.
const namesAtOnce = 1024

// pictureNames gives of each row no more than what its image is found by.
func pictureNames(ctx context.Context, rows Rows, ids []int64) ([]Row, error) {
	named := make([]Row, 0, len(ids))
	for some := range slices.Chunk(ids, namesAtOnce) {
		found, err := rows.Get(ctx, some)
		if err != nil {
			return nil, err
		}
		for i := range found {
			named = append(named, Row{ID: found[i].ID, Key: found[i].Key, ImagePath: found[i].ImagePath})
		}
	}
	return named, nil
}
