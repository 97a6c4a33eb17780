package indexer

import (
	"context"
	"fmt"
	"math"
)

// batch is consecutive samples of one partition, failed ones among them.
type batch struct {
	items []*item
	good  int // how many have not failed
}

// embedBatch gives every good sample of the batch its vectors.
func (b *build) embedBatch(ctx context.Context, items []*item) error {
	var good []*item
	for _, it := range items {
		if it.failure == nil {
			good = append(good, it)
		}
	}
	if len(good) == 0 {
		return nil
	}
	what, err := "images", error(nil)
	if b.Images {
		err = b.embedImages(ctx, good)
	}
	if b.Texts && err == nil {
		what, err = "captions", b.embedCaptions(ctx, good)
	}
	if err != nil {
		return fmt.Errorf("embedding the %s of samples %d to %d: %w", what, items[0].number, items[len(items)-1].number, err)
	}
	return nil
}

func (b *build) embedImages(ctx context.Context, good []*item) error {
	pixels := make([]Pixels, len(good))
	for i, it := range good {
		pixels[i], it.pixels = it.pixels, nil
	}
	vectors, err := b.Encoder.EncodePixels(ctx, pixels)
	if err == nil {
		err = b.checkShape(vectors, len(good))
	}
	if err != nil {
		return err
	}
	for i, it := range good {
		it.image = vectors[i]
		it.checkVector("image", vectors[i])
	}
	return nil
}

func (b *build) embedCaptions(ctx context.Context, good []*item) error {
	captions := make([]string, len(good))
	for i, it := range good {
		captions[i] = it.sample.Caption
	}
	vectors, err := b.Encoder.EncodeTexts(ctx, captions)
	if err == nil {
		err = b.checkShape(vectors, len(good))
	}
	if err != nil {
		return err
	}
	for i, it := range good {
		it.text = vectors[i]
		it.checkVector("caption", vectors[i])
	}
	return nil
}

// checkShape makes sure that the encoder keeps its contract: a vector of the model's dimension for
// each input.
func (b *build) checkShape(vectors [][]float32, n int) error {
	if len(vectors) != n {
		return fmt.Errorf("the encoder gave %d vectors for %d inputs", len(vectors), n)
	}
	for _, v := range vectors {
		if len(v) != b.Model.Dimension {
			return fmt.Errorf("the encoder gave a vector of %d dimensions, the model has %d", len(v), b.Model.Dimension)
		}
	}
	return nil
}

// checkVector fails the sample when its vector cannot be compared with others.
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
