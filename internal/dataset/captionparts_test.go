package dataset

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"rollcall/internal/dataset/storage"
	"rollcall/retriever"
)

// oneByOne reads a Parquet file value by value, the slow way.
func oneByOne(t *testing.T, path string) (rows []retriever.CaptionRow) {
	t.Helper()
	err := readParquet(t.Context(), storage.New(nil), path, false, func(r row) error {
		r.Row = int64(len(rows))
		rows = append(rows, r.CaptionRow)
		return r.err
	})
	require.NoError(t, err)
	return rows
}

// awkward is a row of the files that TestPartsOfParquet writes.
type awkward struct {
	Caption *string `parquet:"caption,optional,dict"`
	URL     string  `parquet:"url,snappy"`
	Key     *int64  `parquet:"key,optional"`
}

// writeAwkward writes rows with nulls, values that are UTF-8 only together with the next one's, and
// repeated values, in pages of about 1,000 bytes and row groups of 700 rows.
func writeAwkward(t *testing.T, rows int, dictionary bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.parquet")
	f, err := os.Create(path)
	require.NoError(t, err)
	schema := parquet.SchemaOf(awkward{})
	if !dictionary {
		schema = parquet.SchemaOf(struct {
			Caption *string `parquet:"caption,optional,zstd"`
			URL     string  `parquet:"url"`
			Key     *int64  `parquet:"key,optional"`
		}{})
	}
	w := parquet.NewGenericWriter[awkward](f, schema, parquet.PageBufferSize(1000), parquet.MaxRowsPerRowGroup(700))
	for i := range rows {
		row := awkward{URL: fmt.Sprint("http://x/", i%13)}
		if i%7 != 3 {
			text := []string{"a cat", "Zo\xc3", "\xab b", "Zoë", ""}[i%5] + fmt.Sprint(i%50)
			row.Caption = &text
		}
		if i%3 == 0 {
			key := int64(i)
			row.Key = &key
		}
		_, err := w.Write([]awkward{row})
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return path
}

// A page at a time, the rows are those that value by value gives, however the file is laid out.
func TestPartsOfParquet(t *testing.T) {
	for name, path := range map[string]string{
		"dictionary": writeAwkward(t, 2000, true), "plain": writeAwkward(t, 2000, false), "no rows": writeAwkward(t, 0, false),
		"img2dataset": fixture(t, "captions/img2dataset_1000.parquet"),
		"metadata":    fixture(t, "clip-retrieval/run_2_45/emb_p1/metadata/metadata_0.parquet"),
	} {
		t.Run(name, func(t *testing.T) {
			want := oneByOne(t, path)
			rows, err := captionsOf(t, path)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want, rows))
		})
	}
}

// Of 700, 700 and 600 rows of one file and 2 of another each part is read by itself, in any order, and
// has its place among all rows as long as every file before says how many it has.
func TestPartsAreRowGroupsAndFiles(t *testing.T) {
	text := write(t, "b.tsv", "a\thttp://x\nb\thttp://y\n")
	source, err := OpenCaptions([]string{writeAwkward(t, 2000, true), text, writeAwkward(t, 5, true)})
	require.NoError(t, err)
	parts, err := source.(retriever.CaptionParts).Parts(t.Context())
	require.NoError(t, err)
	first, rows := []int64{}, []int{}
	for i := range parts {
		p := parts[len(parts)-1-i] // from the last one
		n := 0
		require.NoError(t, p.Read(t.Context(), func(batch []retriever.CaptionRow) error {
			for _, r := range batch {
				require.EqualValues(t, n, r.Row)
				n++
			}
			return nil
		}))
		first, rows = append(first, p.First), append(rows, n)
	}
	require.Equal(t, []int64{-1, 2000, 1400, 700, 0}, first)
	require.Equal(t, []int{5, 2, 600, 700, 700}, rows)
}

// counted is a bucket that counts the bytes that are asked of it.
type counted struct {
	*blob.Bucket
	asked *atomic.Int64
}

func (counted) Close() error { return nil }

func (c counted) NewRangeReader(ctx context.Context, key string, offset, length int64, o *blob.ReaderOptions) (*blob.Reader, error) {
	r, err := c.Bucket.NewRangeReader(ctx, key, offset, length, o)
	if err == nil && length < 0 {
		length = r.Size() - offset
	}
	c.asked.Add(max(length, 0))
	return r, err
}

// A share of a Parquet file in a bucket has the rows of its copy on disk, and little more of the
// file than its row group and the footer is asked for.
func TestPartsInABucket(t *testing.T) {
	type row struct {
		Text string `parquet:"TEXT"`
	}
	noise := rand.New(rand.NewPCG(1, 2)) // so that nothing of the 6 MB compresses
	path := filepath.Join(t.TempDir(), "a.parquet")
	f, err := os.Create(path)
	require.NoError(t, err)
	w := parquet.NewGenericWriter[row](f, parquet.MaxRowsPerRowGroup(1000))
	for range 6000 {
		text := make([]byte, 1000)
		for i := range text {
			text[i] = 'a' + byte(noise.IntN(26))
		}
		_, err := w.Write([]row{{string(text)}})
		require.NoError(t, err)
	}
	require.NoError(t, errors.Join(w.Close(), f.Close()))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	bucket := memblob.OpenBucket(nil)
	defer func() { require.NoError(t, bucket.Close()) }()
	require.NoError(t, bucket.WriteAll(t.Context(), "a.parquet", data, nil))
	var asked atomic.Int64
	source := &captionFiles{
		files: []captionFile{{"gs://data/a.parquet", readParquet}},
		reach: func(context.Context, string) (storage.Bucket, error) { return counted{bucket, &asked}, nil },
	}
	parts, err := source.Parts(t.Context())
	require.NoError(t, err)
	require.Len(t, parts, 6)
	var got []retriever.CaptionRow
	require.NoError(t, parts[4].Read(t.Context(), func(rows []retriever.CaptionRow) error {
		got = append(got, rows...)
		return nil
	}))
	want := oneByOne(t, path)[4000:5000]
	for i := range want {
		want[i].Row -= 4000
	}
	require.Empty(t, cmp.Diff(want, got))
	require.Less(t, asked.Load(), int64(len(data))/2)
}

// A file cut in the middle of a page, with its footer in place, is an error that names file and row.
func TestPartsOfADamagedFile(t *testing.T) {
	path := writeAwkward(t, 2000, false)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 4; i < 400; i++ {
		data[i] = 0xff
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
	_, err = captionsOf(t, path)
	require.ErrorContains(t, err, "a.parquet: rows from 0:")
}
