package vectors

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// captionsFolder is a folder that has rows only as metadata, in row groups of 700.
func captionsFolder[T any](t *testing.T, rows []T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "metadata"), 0o755))
	require.NoError(t, parquet.WriteFile(filepath.Join(dir, "metadata/metadata_0.parquet"), rows, parquet.MaxRowsPerRowGroup(700), parquet.PageBufferSize(1000)))
	return dir
}

// TestCaptionsOfEveryKind reads columns of every kind in which captions, URLs and keys come, with
// row groups and record batches that end between and within the runs that are passed on. What is
// expected is made from the values that were written.
func TestCaptionsOfEveryKind(t *testing.T) {
	type row struct {
		Caption *string `parquet:"TEXT,optional,dict"`
		URL     float64 `parquet:"url"`
		Key     int64   `parquet:"key"`
	}
	texts := []string{"a cat", "Zo\xc3", "\xab b", "Zoë", ""} // the second is UTF-8 only together with the third
	want := []string{"a cat", "Zo\uFFFD", "\uFFFD b", "Zoë", ""}
	var rows []row
	var expected []retriever.CaptionRow
	for i := range arrowRows + 1500 {
		r, e := row{URL: math.NaN(), Key: int64(i) * 7}, retriever.CaptionRow{Row: int64(i), Null: true, Key: fmt.Sprint(i * 7)}
		if i%7 != 3 {
			text := texts[i%5] + fmt.Sprint(i%50)
			r.Caption, e.Caption, e.Null = &text, want[i%5]+fmt.Sprint(i%50), false
		}
		if i%2 == 0 {
			r.URL, e.URL = 0.5, "0.5"
		}
		rows, expected = append(rows, r), append(expected, e)
	}
	dir := captionsFolder(t, rows)
	require.Equal(t, expected, streamed(t, openStore(t, dir)), "Parquet")
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
	s := openStore(t, dir)
	require.NotNil(t, s.parts[0].arrow)
	require.Equal(t, expected, streamed(t, s), "Arrow")
	got, err := s.Get(t.Context(), []int64{1, 2, 3})
	require.NoError(t, err)
	require.Equal(t, []string{"Zo\uFFFD1", "\uFFFD b2", ""}, []string{got[0].Caption, got[1].Caption, got[2].Caption})
}

// TestCaptionsWithoutColumns: what a file lacks is null or empty.
func TestCaptionsWithoutColumns(t *testing.T) {
	type row struct {
		Width int64 `parquet:"width"`
	}
	dir := captionsFolder(t, make([]row, 3))
	want := []retriever.CaptionRow{{Row: 0, Null: true}, {Row: 1, Null: true}, {Row: 2, Null: true}}
	require.Equal(t, want, streamed(t, openStore(t, dir)))
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
	require.Equal(t, want, streamed(t, openStore(t, dir)))
}

// TestCaptionTooLong names the row and the column of a text that is longer than is read.
func TestCaptionTooLong(t *testing.T) {
	type row struct {
		Caption string `parquet:"caption"`
	}
	dir := captionsFolder(t, []row{{"a"}, {strings.Repeat("x", maxText+1)}})
	err := openStore(t, dir).Captions(t.Context(), func(retriever.CaptionRow) error { return nil })
	require.ErrorContains(t, err, "row 1: ")
	require.ErrorContains(t, err, "metadata_0.parquet: its caption has more than 16 MiB")
}
