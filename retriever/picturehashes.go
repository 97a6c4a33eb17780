package retriever

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Hasher hashes the images of rows and remembers the hashes, so that several counts of the same index
// read each image once. Memory follows the rows asked for, some 32 bytes each. One count uses it at
// a time.
type Hasher struct {
	rows  Rows
	from  Pictures
	known map[int64]hashedPicture
}

// hashedPicture is the hash of a row's image, or why there is none.
type hashedPicture struct {
	hash    PictureHash
	problem error
}

// NewHasher takes the rows of an index, for the keys and paths of their images, and where those are.
func NewHasher(rows Rows, from Pictures) *Hasher {
	return &Hasher{rows: rows, from: from, known: map[int64]hashedPicture{}}
}

// hashedAtOnce bounds the images in memory: one of 100 million pixels, the largest, takes 250 MB.
const hashedAtOnce = 4

// hash gives the hashes of rows whose images could be had; missing are the others, and problem is the
// reason of the first of them.
func (h *Hasher) hash(ctx context.Context, ids []int64) (hashes map[int64]PictureHash, missing int, problem error, err error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	fresh := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { _, known := h.known[id]; return known })
	if err := h.read(ctx, fresh); err != nil {
		return nil, 0, nil, fmt.Errorf("hashing images: %w", err)
	}
	hashes = make(map[int64]PictureHash, len(ids))
	for _, id := range ids {
		if picture := h.known[id]; picture.problem == nil {
			hashes[id] = picture.hash
		} else {
			missing++
			problem = cmp.Or(problem, picture.problem)
		}
	}
	return hashes, missing, problem, nil
}

// read hashes the images of rows, several at a time.
func (h *Hasher) read(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	named, err := pictureNames(ctx, h.rows, ids)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	note := func(i int, hash PictureHash, problem error) {
		mu.Lock()
		defer mu.Unlock()
		h.known[named[i].ID] = hashedPicture{hash, problem}
	}
	hashing, ctx := errgroup.WithContext(ctx)
	hashing.SetLimit(min(runtime.GOMAXPROCS(0), hashedAtOnce))
	err = h.from.Pictures(ctx, named, func(i int, image []byte, err error) error {
		if err != nil {
			note(i, 0, err)
			return ctx.Err()
		}
		hashing.Go(func() error {
			hash, err := NewPictureHash(image)
			note(i, hash, err)
			return nil
		})
		return ctx.Err()
	})
	if waited := hashing.Wait(); err == nil {
		err = waited
	}
	return err
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
