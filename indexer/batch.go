package indexer

import (
	"context"
	"fmt"
	"math"
	"time"
)

// batch is consecutive samples of one partition, failed ones among them.
type batch struct {
	items []*item
	good  int // how many have not failed
}

// embedBatch gives every good sample of the batch its vectors. What an earlier sample of the
// partition shares with it is not embedded again.
func (b *build) embedBatch(ctx context.Context, items []*item) error {
	defer b.clock.encode.add(time.Now())
	var images, captions []*content
	for _, it := range items {
		if it.failure == nil {
			images, captions = ask(images, it.image), ask(captions, it.caption)
		}
	}
	what, err := "images", b.embedImages(ctx, images)
	if err == nil {
		what, err = "captions", b.embedCaptions(ctx, captions)
	}
	if err != nil {
		return fmt.Errorf("embedding the %s of samples %d to %d: %w", what, items[0].number, items[len(items)-1].number, err)
	}
	for _, it := range items {
		if it.failure == nil {
			it.checkVectors()
		}
	}
	return nil
}

// ask adds a content that no batch has asked for yet.
func ask(asked []*content, c *content) []*content {
	if c == nil || c.asked {
		return asked
	}
	c.asked = true
	return append(asked, c)
}

func (b *build) embedImages(ctx context.Context, images []*content) error {
	if len(images) == 0 {
		return nil
	}
	pixels := make([]Pixels, len(images))
	for i, c := range images {
		pixels[i], c.pixels = c.pixels, nil
	}
	vectors, err := b.Encoder.EncodePixels(ctx, pixels)
	if err != nil {
		return err
	}
	for _, p := range pixels {
		b.spare.give(p)
	}
	return b.keep(images, vectors)
}

func (b *build) embedCaptions(ctx context.Context, captions []*content) error {
	if len(captions) == 0 {
		return nil
	}
	texts := make([]string, len(captions))
	for i, c := range captions {
		texts[i] = c.text
	}
	vectors, err := b.Encoder.EncodeTexts(ctx, texts)
	if err != nil {
		return err
	}
	return b.keep(captions, vectors)
}

// keep makes sure that the encoder keeps its contract, a vector of the model's dimension for each
// input, and gives the contents their vectors.
func (b *build) keep(of []*content, vectors [][]float32) error {
	if len(vectors) != len(of) {
		return fmt.Errorf("the encoder gave %d vectors for %d inputs", len(vectors), len(of))
	}
	for i, v := range vectors {
		if len(v) != b.Model.Dimension {
			return fmt.Errorf("the encoder gave a vector of %d dimensions, the model has %d", len(v), b.Model.Dimension)
		}
		of[i].vector = v
	}
	return nil
}

// checkVectors fails the sample when a vector of it cannot be compared with others.
func (it *item) checkVectors() {
	image, text := it.vectors()
	if image != nil {
		it.checkVector("image", image)
	}
	if text != nil && it.failure == nil {
		it.checkVector("caption", text)
	}
}

func (it *item) checkVector(of string, v []float32) {
	zero := true
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			it.fail(StageEmbed, Failf(ReasonNotFinite, "the %s embedding has %v at %d", of, x, i))
			return
		}
		zero = zero && x == 0
	}
	if zero {
		it.fail(StageEmbed, Failf(ReasonZeroVector, "the %s embedding is zero throughout", of))
	}
}
