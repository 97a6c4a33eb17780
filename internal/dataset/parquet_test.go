package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

func writeParquet[T any](t *testing.T, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "part.parquet")
	f, err := os.Create(path)
	require.NoError(t, err)
	w := parquet.NewGenericWriter[T](f, options...)
	_, err = w.Write(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return path
}

// Small pages and row groups of different length a column: the columns must stay aligned.
func TestParquetKeepsColumnsAligned(t *testing.T) {
	type laion struct {
		SampleID int64   `parquet:"SAMPLE_ID"`
		URL      string  `parquet:"URL"`
		Text     *string `parquet:"TEXT,optional"`
		Width    *int32  `parquet:"WIDTH,optional"`
	}
	const n = 1000
	rows := make([]laion, n)
	for i := range rows {
		rows[i] = laion{SampleID: int64(i) + 1e12, URL: fmt.Sprintf("http://x/%0*d", i%300+1, i)}
		if i%7 != 0 {
			text := fmt.Sprintf("caption %d", i)
			rows[i].Text = &text
		}
	}
	path := writeParquet(t, rows, parquet.MaxRowsPerRowGroup(130), parquet.PageBufferSize(512))
	got, err := captionsOf(t, path)
	require.NoError(t, err)
	require.Len(t, got, n)
	for i, r := range got {
		require.Equal(t, int64(i), r.Row)
		require.Equal(t, rows[i].URL, r.URL)
		require.Equal(t, fmt.Sprint(rows[i].SampleID), r.Key)
		require.Equal(t, i%7 == 0, r.Null)
		if !r.Null {
			require.Equal(t, *rows[i].Text, r.Caption)
		}
	}
}

func TestParquetMissingColumns(t *testing.T) {
	type only struct {
		Caption string `parquet:"caption"`
	}
	rows, err := captionsOf(t, writeParquet(t, []only{{"a"}, {""}}))
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, "a", rows[0].Caption)
	require.Empty(t, rows[0].URL+rows[0].Key)
	require.False(t, rows[1].Null, "an empty caption is not a missing one")

	type without struct {
		URL string `parquet:"URL"`
	}
	_, err = captionsOf(t, writeParquet(t, []without{{"http://x"}}))
	require.ErrorContains(t, err, `the columns are "URL": no caption column`)

	type number struct {
		Caption int64 `parquet:"caption"`
	}
	_, err = captionsOf(t, writeParquet(t, []number{{3}}))
	require.ErrorContains(t, err, "row 0: the caption is of type INT64, not text")
}

func TestParquetDamaged(t *testing.T) {
	whole, err := os.ReadFile(fixture(t, "captions/img2dataset_1000.parquet"))
	require.NoError(t, err)
	for _, at := range []int{4, 100, 5000, 60000, 120000} {
		bad := append([]byte(nil), whole...)
		for i := at; i < at+64; i++ {
			bad[i] ^= 0xff
		}
		path := filepath.Join(t.TempDir(), "bad.parquet")
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		rows, err := captionsOf(t, path)
		if err == nil {
			require.Len(t, rows, 1000, "bytes %d: rows were lost in silence", at)
			continue
		}
		require.ErrorContains(t, err, "bad.parquet")
	}
}

func FuzzParquet(f *testing.F) {
	path := filepath.Join("..", "..", "..", "shared", "fixtures", "clip-retrieval", "run_2_45", "emb_p2", "metadata", "metadata_1.parquet")
	if whole, err := os.ReadFile(path); err == nil {
		f.Add(whole)
	}
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "f.parquet")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		if _, err := captionsOf(t, path); err != nil {
			require.ErrorContains(t, err, "f.parquet")
		}
	})
}
