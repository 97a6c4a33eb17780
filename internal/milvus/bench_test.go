package milvus

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

const (
	benchRows      = 200_000
	benchDimension = 512
)

// benchSource streams random rows, made as they are asked for.
func benchSource(ctx context.Context, visit func(retriever.RowBatch) error) error {
	rng := rand.New(rand.NewPCG(1, 2))
	for first := int64(0); first < benchRows; first += 5000 {
		b := retriever.RowBatch{First: first}
		for i := range int64(5000) {
			v := make([]float32, benchDimension)
			for j := range v {
				v[j] = rng.Float32() - 0.5
			}
			b.Image = append(b.Image, v)
			b.Rows = append(b.Rows, retriever.Row{ID: first + i, Caption: "a photo of a person in a street", URL: "https://example.org/photo.jpg"})
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(b); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkStore publishes 200,000 rows of 512 dimensions once and then searches and counts.
func BenchmarkStore(b *testing.B) {
	c := dial(b)
	spec := PublishSpec{Name: "bench", Generation: "g1", Dimension: benchDimension, Rows: benchRows, HasImage: true}
	start := time.Now()
	var sent time.Duration
	require.NoError(b, c.Publish(b.Context(), spec, func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		err := benchSource(ctx, visit)
		sent = time.Since(start) // but for the inserts under way
		return err
	}))
	took := time.Since(start)
	b.Logf("%d rows: inserted in %.1f s (%.0f rows/s), published in %.1f s (%.0f rows/s)",
		benchRows, sent.Seconds(), benchRows/sent.Seconds(), took.Seconds(), benchRows/took.Seconds())
	s, err := Open(b.Context(), c, spec.Name)
	require.NoError(b, err)
	query := [][]float32{make([]float32, benchDimension)}
	query[0][3] = 1

	b.Run("top-k 10", func(b *testing.B) {
		for b.Loop() {
			_, _, err := s.TopK(b.Context(), retriever.Image, query, 10)
			require.NoError(b, err)
		}
	})
	b.Run("range", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.Range(b.Context(), retriever.Image, query, 0.5, func(int, retriever.Hit) error { return nil }))
		}
	})
	b.Run("captions", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.Captions(b.Context(), func(retriever.CaptionRow) error { return nil }))
		}
	})
}
