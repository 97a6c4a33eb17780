package server

import (
	"context"

	"rollcall/internal/server/state"
	"rollcall/retriever"
)

// newHasher hashes the images that tell near-duplicates; nil, and said, when they are not at hand.
func (c *counter) newHasher() *retriever.Hasher {
	if !c.request.hashes() || !c.request.wants(state.KindImage) && !c.request.wants(state.KindFace) {
		return nil
	}
	if c.index.Pictures == nil {
		c.warnings = append(c.warnings, "near-duplicates are told by vectors alone: the image files are not at hand; --image-root of rollcall serve says where they are")
		return nil
	}
	return retriever.NewHasher(c.index.Store, watchedPictures{c.index.Pictures, c.at})
}

// watchedPictures says how many images were read.
type watchedPictures struct {
	from retriever.Pictures
	at   func(stage string, done, total int64)
}

// Pictures implements retriever.Pictures.
func (w watchedPictures) Pictures(ctx context.Context, rows []retriever.Row, visit func(int, []byte, error) error) error {
	done, total := int64(0), int64(len(rows))
	w.at("hashing images", 0, total)
	return w.from.Pictures(ctx, rows, func(i int, image []byte, err error) error {
		done++
		w.at("hashing images", done, total)
		return visit(i, image, err)
	})
}
