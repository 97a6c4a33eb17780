package clip

import (
	"context"
	"crypto/sha256"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"rollcall/indexer"
)

// EncodeImages decodes and embeds image files: one vector of length 1 for each, nil where the file
// is no image; then failed[i] says why, wrapping ErrEmpty, ErrUnsupported, ErrTooLarge or
// ErrDecode. Equal files run once. err means that the model failed or ctx is done.
func (m *Model) EncodeImages(ctx context.Context, images [][]byte) (vectors [][]float32, failed []error, err error) {
	vectors, failed = make([][]float32, len(images)), make([]error, len(images))
	first := make(map[[sha256.Size]byte]int, len(images))
	same := make([]int, len(images)) // the first image with the same bytes
	var distinct []int
	for i, image := range images {
		digest := sha256.Sum256(image)
		at, known := first[digest]
		if !known {
			at = i
			first[digest] = i
			distinct = append(distinct, i)
		}
		same[i] = at
	}
	decoded := make([]indexer.Pixels, min(len(distinct), m.imageBatch()))
	for part := range slices.Chunk(distinct, m.imageBatch()) {
		if err := m.encodePart(ctx, images, part, decoded, vectors, failed); err != nil {
			return nil, nil, err
		}
	}
	for i, at := range same {
		if at != i {
			vectors[i], failed[i] = slices.Clone(vectors[at]), failed[at]
		}
	}
	return vectors, failed, nil
}

// encodePart decodes some of the images on all cores, into the memory of decoded, and embeds those
// that are images.
func (m *Model) encodePart(ctx context.Context, images [][]byte, part []int, decoded []indexer.Pixels, vectors [][]float32, failed []error) error {
	group, decoding := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, at := range part {
		group.Go(func() error {
			if err := decoding.Err(); err != nil {
				return err
			}
			decoded[i], failed[at] = m.Decode(decoded[i], images[at])
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	var batch []indexer.Pixels
	var rows []int
	for i, at := range part {
		if failed[at] == nil {
			batch, rows = append(batch, decoded[i]), append(rows, at)
		}
	}
	embedded, err := m.EncodePixels(ctx, batch)
	for i := range embedded {
		vectors[rows[i]] = embedded[i]
	}
	return err
}
