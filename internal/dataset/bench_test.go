package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/stretchr/testify/require"

	"rollcall/internal/dataset/storage"
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

// BenchmarkParquet reads the captions, URLs and keys of 200,000 rows in 4 row groups, as counting does
// (parts) and as indexing does, which takes the other columns too (rows).
func BenchmarkParquet(b *testing.B) {
	type laion struct {
		Key  int64   `parquet:"SAMPLE_ID"`
		URL  string  `parquet:"URL"`
		Text *string `parquet:"TEXT,optional"`
		NSFW string  `parquet:"NSFW,dict"`
		Size int32   `parquet:"WIDTH"`
	}
	const n = 200_000
	rows := make([]laion, n)
	for i := range rows {
		rows[i] = laion{Key: int64(i) * 7919, URL: fmt.Sprintf("https://example.org/images/%08x/%d.jpg", i*2654435761, i), NSFW: "UNLIKELY", Size: int32(i % 1000)}
		if i%50 != 0 {
			text := fmt.Sprintf("A photograph of person %d at place %d, with a caption of the usual length", i*7%1009, i)
			rows[i].Text = &text
		}
	}
	for name, codec := range map[string]compress.Codec{"plain": &parquet.Uncompressed, "snappy": &parquet.Snappy, "zstd": &parquet.Zstd, "gzip": &parquet.Gzip} {
		path := filepath.Join(b.TempDir(), name+".parquet")
		require.NoError(b, parquet.WriteFile(path, rows, parquet.Compression(codec), parquet.MaxRowsPerRowGroup(n/4)))
		b.Run("parts/"+name, func(b *testing.B) {
			source, err := OpenCaptions([]string{path})
			require.NoError(b, err)
			for b.Loop() {
				parts, err := source.(retriever.CaptionParts).Parts(b.Context())
				require.NoError(b, err)
				seen := 0
				for _, p := range parts {
					require.NoError(b, p.Read(b.Context(), func(rows []retriever.CaptionRow) error { seen += len(rows); return nil }))
				}
				require.Equal(b, n, seen)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run("rows/"+name, func(b *testing.B) {
			for b.Loop() {
				seen := 0
				require.NoError(b, readParquet(b.Context(), storage.New(nil), path, true, func(row) error { seen++; return nil }))
				require.Equal(b, n, seen)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
