package retriever

import (
	"context"
	"errors"
)

// ErrNoPicture is why Pictures has no image for a row: it was not found.
var ErrNoPicture = errors.New("the image was not found; say with --image-root where the images are")

// Pictures gives the image files of rows, from wherever the data set keeps them.
//
// Pictures calls visit once for every row, in any order: i is the row's place in rows, image the
// encoded file, and err says why there is none. It stops at visit's first error.
type Pictures interface {
	Pictures(ctx context.Context, rows []Row, visit func(i int, image []byte, err error) error) error
}
