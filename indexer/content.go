package indexer

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"time"
)

// content is one image or caption that is embedded, for all the samples that share it.
type content struct {
	text    string
	data    []byte        // of an image, until it is decoded
	decoded chan struct{} // of an image: closed when pixels or failure are there; nil when there is nothing to decode
	pixels  Pixels        // until it is embedded
	failure *Failure      // why the image could not be decoded
	asked   bool          // it was given to the encoder
	vector  []float32
}

// contentBytes bounds the vectors that are kept for later samples of a partition, of images and of
// captions each.
const contentBytes = 32 << 20

// contents finds equal images and equal captions within a partition, by SHA-256. It forgets at
// every partition's start: what is embedded together then depends on the partition's samples
// alone, not on where a run was resumed or which task it was.
type contents struct {
	limit            int
	images, captions *lru[[sha256.Size]byte, *content]
}

func newContents(dimension int) *contents {
	c := &contents{limit: max(64, contentBytes/(4*dimension))}
	c.forget()
	return c
}

func (c *contents) forget() {
	c.images = newLRU[[sha256.Size]byte, *content](c.limit)
	c.captions = newLRU[[sha256.Size]byte, *content](c.limit)
}

// image finds the content of an encoded image; a new one has to be decoded.
func (c *contents) image(data []byte) (image *content, known bool) {
	return c.images.get(sha256.Sum256(data), func() *content {
		return &content{data: data, decoded: make(chan struct{})}
	})
}

// caption finds the content of a caption.
func (c *contents) caption(text string) *content {
	caption, _ := c.captions.get(sha256.Sum256([]byte(text)), func() *content { return &content{text: text} })
	return caption
}

// largeImage is from how many pixels on images are decoded one at a time: a photo of 24 million is as
// most cameras take them, and an image of 179 million, which a file of 500 kB can hold, takes more than
// a GB until it is resized.
const largeImage = 24 << 20

// decode turns the image into pixels. The error is that of ctx.
func (b *build) decode(ctx context.Context, c *content) error {
	data := c.data
	c.data = nil // pixels take its place
	if p, says := b.Encoder.(Promiser); says && p.Promised(data) > largeImage {
		if err := send(ctx, b.large, struct{}{}); err != nil {
			return err
		}
		defer func() {
			runtime.GC() // or what is left of this one counts beside the next
			<-b.large
		}()
	}
	defer close(c.decoded)
	defer b.clock.decode.add(time.Now())
	c.pixels, c.failure = decode(b.Encoder, b.spare.take(), data)
	return nil
}

// decode calls the decoder. One that panics costs this image, not the run.
func decode(e Encoder, dst Pixels, data []byte) (pixels Pixels, failure *Failure) {
	defer func() {
		if p := recover(); p != nil {
			failure = Failf(ReasonUndecodable, "the decoder gave up: %v", p)
		}
	}()
	pixels, err := e.Decode(dst, data)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, failureOf(err, ReasonTruncatedImage)
	case err != nil:
		return nil, failureOf(err, ReasonUndecodable)
	}
	return pixels, nil
}

// spare holds the memory of pixels that are embedded, for the images that are decoded next.
type spare chan Pixels

// take gives memory that nobody uses, or nil.
func (s spare) take() Pixels {
	select {
	case pixels := <-s:
		return pixels
	default:
		return nil
	}
}

// give leaves memory that nobody uses any more; what is too much goes to the garbage collector.
func (s spare) give(pixels Pixels) {
	select {
	case s <- pixels:
	default:
	}
}
