package indexer_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// BenchmarkRun is what the pipeline itself costs a sample: reading from memory, ordering, batching,
// writing partitions of 512 dimensions and putting them on disk. Decoding and the model cost nothing.
func BenchmarkRun(b *testing.B) {
	const samples = 50_000
	source := numbered(samples, nil)
	for b.Loop() {
		o := options(filepath.Join(b.TempDir(), "index"), source)
		o.PartitionRows, o.Batch, o.Model.Dimension = 0, 0, 512
		o.Encoder = constantEncoder{}
		m, err := indexer.Run(b.Context(), o)
		require.NoError(b, err)
		require.Equal(b, int64(samples), m.Rows)
	}
	b.ReportMetric(float64(samples)*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
}

// constantEncoder gives the same unit vector of 512 dimensions for everything.
type constantEncoder struct{ arithmeticEncoder }

func (constantEncoder) vectors(n int) [][]float32 {
	v := make([]float32, 512)
	v[0] = 1
	out := make([][]float32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func (c constantEncoder) EncodePixels(_ context.Context, batch []indexer.Pixels) ([][]float32, error) {
	return c.vectors(len(batch)), nil
}

func (c constantEncoder) EncodeTexts(_ context.Context, batch []string) ([][]float32, error) {
	return c.vectors(len(batch)), nil
}
