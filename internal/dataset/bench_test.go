package dataset

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// BenchmarkCaptions reads whole caption files.
func BenchmarkCaptions(b *testing.B) {
	for _, name := range []string{"cc3m_validation.tsv", "img2dataset_1000.parquet"} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join("..", "..", "..", "shared", "fixtures", "captions", name)
			if _, err := os.Stat(path); err != nil {
				b.Skipf("fixture %s is not there", name)
			}
			rows := 0
			for b.Loop() {
				source, err := OpenCaptions([]string{path})
				require.NoError(b, err)
				require.NoError(b, source.Captions(b.Context(), func(retriever.CaptionRow) error {
					rows++
					return nil
				}))
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
