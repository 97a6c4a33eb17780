package vectors

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestArrowIsParquet reads every row of real and of made files both ways.
func TestArrowIsParquet(t *testing.T) {
	type row struct {
		Caption *string   `parquet:"TEXT,optional"`
		Key     int64     `parquet:"key"`
		When    time.Time `parquet:"when,timestamp(millisecond)"`
		Ratio   *float32  `parquet:"ratio,optional"`
		Safe    bool      `parquet:"safe"`
		Raw     []byte    `parquet:"raw"`
		Tags    []string  `parquet:"tags,list"`
		Sizes   []float64 `parquet:"sizes,list"`
	}
	var rows []row
	for i := range arrowRows + 500 { // more than one record batch
		r := row{Key: int64(i), When: time.UnixMilli(int64(i) * 1e9), Safe: i%3 == 0, Raw: []byte{0xff, byte(i)}}
		if i%2 == 0 {
			text, ratio := "Zoë 東京", float32(i)/8
			r.Caption, r.Ratio, r.Tags, r.Sizes = &text, &ratio, make([]string, i%4), make([]float64, i%3)
		}
		rows = append(rows, r)
	}
	made := filepath.Join(t.TempDir(), "metadata")
	require.NoError(t, os.Mkdir(made, 0o755))
	require.NoError(t, parquet.WriteFile(filepath.Join(made, "metadata_0.parquet"), rows))
	for name, from := range map[string]string{
		"made": filepath.Dir(made), "real": fixture(t, "clip-retrieval/run_2_45/emb_p2"), "index": fixture(t, "clip-retrieval/run_2_45/index"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyFolder(t, from)
			plain := openStore(t, dir)
			require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
			derived := openStore(t, dir)
			ids := make([]int64, plain.rows)
			for i := range ids {
				ids[i] = int64(i)
			}
			for i := range plain.parts {
				require.Nil(t, plain.parts[i].arrow)
				require.NotNil(t, derived.parts[i].arrow)
			}
			want, err := plain.Get(t.Context(), ids)
			require.NoError(t, err)
			got, err := derived.Get(t.Context(), ids)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, streamed(t, plain), streamed(t, derived))
			require.Equal(t, batchesOf(t, plain), batchesOf(t, derived))
		})
	}
}

func streamed(t *testing.T, s *Store) (out []retriever.CaptionRow) {
	t.Helper()
	require.NoError(t, s.Captions(t.Context(), func(r retriever.CaptionRow) error { out = append(out, r); return nil }))
	require.Len(t, out, int(s.rows))
	return out
}

func batchesOf(t *testing.T, s *Store) (out []retriever.RowBatch) {
	t.Helper()
	require.NoError(t, s.Batches(t.Context(), 100, func(b retriever.RowBatch) error { out = append(out, b); return nil }))
	require.Len(t, out, int(s.rows+99)/100)
	return out
}

// BenchmarkCaptions reads all captions, from Parquet and from Arrow's format.
func BenchmarkCaptions(b *testing.B) {
	data := randomBatch(100_000, 2)
	for i := range data.Rows {
		data.Rows[i].Caption = fmt.Sprintf("caption number %d of a person at an event", i)
		data.Rows[i].URL = fmt.Sprintf("https://example.org/%d.jpg", i)
	}
	dir := buildIndex(b, []retriever.RowBatch{data})
	read := func(b *testing.B) {
		s := openStore(b, dir)
		for b.Loop() {
			if err := s.Captions(b.Context(), func(retriever.CaptionRow) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(s.rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("parquet", read)
	require.NoError(b, Derive(b.Context(), dir, DeriveOptions{}))
	b.Run("arrow", read)
}

// TestArrowDamaged: a damaged Arrow file is not used, or says what is wrong; never a crash.
func TestArrowDamaged(t *testing.T) {
	dir := buildIndex(t, smallData())
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
	want, err := openStore(t, dir).Get(t.Context(), []int64{2})
	require.NoError(t, err)
	path := derivedPath(dir, "metadata/metadata_0.parquet", arrowSuffix)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, damaged := range [][]byte{nil, content[:len(content)/2], content[:100], make([]byte, len(content))} {
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		s := openStore(t, dir)
		require.Nil(t, s.parts[0].arrow)
		got, err := s.Get(t.Context(), []int64{2})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.NoError(t, erase(t.Context(), dir, []int64{1}))
	require.NoFileExists(t, path)
}

// BenchmarkLargeGet reads 10,000 rows spread over a large folder.
func BenchmarkLargeGet(b *testing.B) {
	dir, _ := largeFolder(b)
	s := openStore(b, dir)
	ids := make([]int64, 10_000)
	for i := range ids {
		ids[i] = int64(i) * 104_729 % s.rows
	}
	for b.Loop() {
		s.cache = newRowCache()
		rows, err := s.Get(b.Context(), ids)
		if err != nil || rows[9].Caption == (retriever.Row{}).Caption {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(ids))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
