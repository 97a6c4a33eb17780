package vectors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestRealRun opens what clip-retrieval 2.45 wrote. The expected values were read with pandas.
func TestRealRun(t *testing.T) {
	s := openStore(t, fixture(t, "clip-retrieval/run_2_45/emb_p2"))
	require.Nil(t, s.Manifest())
	require.Equal(t, 64, s.Dimension())
	n, err := s.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(33), n) // 19 and 14

	rows, err := s.Get(t.Context(), []int64{19, 18, 32})
	require.NoError(t, err)
	require.Equal(t, retriever.Row{
		ID: 19, Key: "000010000", Caption: "Caption 0 of shard 1: Zoë & “friends” at a gala",
		URL: "https://img.example/000010000.jpg", ImagePath: "000010000",
		Fields: map[string]any{
			"status": "success", "width": int64(256), "height": int64(192), "original_width": int64(512),
			"original_height": int64(384), "exif": "{}", "similarity": 0.0, "nested.a": int64(0),
			"nested.b": []any{int64(1), int64(2)},
		},
	}, rows[0])
	require.Equal(t, "000000019", rows[1].Key)
	require.Equal(t, "UNLIKELY", rows[1].Fields["NSFW"])
	require.Equal(t, 1.9, rows[1].Fields["similarity"])
	require.Equal(t, "000010014", rows[2].Key)

	// numpy in float64: the image rows nearest to text row 20
	query, err := s.Vectors(t.Context(), retriever.Text, []int64{20})
	require.NoError(t, err)
	hits, _, err := s.TopK(t.Context(), retriever.Image, query, 5)
	require.NoError(t, err)
	for i, want := range []retriever.Hit{{ID: 21, Score: 0.18436539}, {ID: 17, Score: 0.18225641}, {ID: 11, Score: 0.17040324}, {ID: 4, Score: 0.16909721}, {ID: 3, Score: 0.16709551}} {
		require.Equal(t, want.ID, hits[0][i].ID)
		require.InDelta(t, want.Score, hits[0][i].Score, 1e-6)
	}
	// and the number of image rows within 0.5, 0.9 and 0.99 of image row 3
	query, err = s.Vectors(t.Context(), retriever.Image, []int64{3})
	require.NoError(t, err)
	for least, want := range map[float32]int{0.5: 33, 0.9: 33, 0.99: 28} {
		count := 0
		require.NoError(t, s.Range(t.Context(), retriever.Image, query, least, func(int, retriever.Hit) error { count++; return nil }))
		require.Equal(t, want, count)
	}
}

// TestRealRunCaptions holds every caption against the run's input.
func TestRealRunCaptions(t *testing.T) {
	content, err := os.ReadFile(fixture(t, "clip-retrieval/run_2_45/in/samples.json"))
	require.NoError(t, err)
	var samples []struct {
		Key, Caption string
		Dropped      *string `json:"expect_dropped"`
	}
	require.NoError(t, json.Unmarshal(content, &samples))
	for _, folder := range []string{"emb_p1", "emb_p2", "index"} {
		want := map[string]string{}
		for _, s := range samples {
			// clip-retrieval lost the samples whose names have a folder and two dots
			if s.Dropped == nil && !strings.HasPrefix(s.Key, "sub/") {
				want[s.Key] = s.Caption
			}
		}
		s := openStore(t, fixture(t, filepath.Join("clip-retrieval/run_2_45", folder)))
		next := int64(0)
		require.NoError(t, s.Captions(t.Context(), func(c retriever.CaptionRow) error {
			require.Equal(t, next, c.Row)
			require.Equal(t, want[c.Key], c.Caption)
			require.Equal(t, "https://img.example/"+c.Key+".jpg", c.URL)
			delete(want, c.Key)
			next++
			return nil
		}))
		require.Empty(t, want, "every sample is a row")
	}
}

// TestMetadataOnly: an index folder of clip-retrieval's has metadata, and vectors in a form of
// its own.
func TestMetadataOnly(t *testing.T) {
	s := openStore(t, fixture(t, "clip-retrieval/run_2_45/index"))
	require.False(t, s.Has(retriever.Image))
	rows, err := s.Get(t.Context(), []int64{32})
	require.NoError(t, err)
	require.NotEmpty(t, rows[0].Caption)
	_, _, err = s.TopK(t.Context(), retriever.Text, [][]float32{{1}}, 1)
	require.ErrorContains(t, err, "no text embeddings")
}

// TestColumnNames reads files whose columns are spelled and typed as LAION's and img2dataset's.
func TestColumnNames(t *testing.T) {
	type laion struct {
		ID    int64     `parquet:"SAMPLE_ID"`
		URL   string    `parquet:"URL"`
		Text  *string   `parquet:"TEXT,optional"`
		Pwm   float32   `parquet:"pwatermark"`
		When  time.Time `parquet:"when,timestamp(millisecond)"`
		Small uint8     `parquet:"small"`
	}
	type img2dataset struct {
		URL     string   `parquet:"url"`
		Other   string   `parquet:"URL"`
		Caption string   `parquet:"caption"`
		Text    string   `parquet:"TEXT"`
		Key     int64    `parquet:"key"`
		Tags    []string `parquet:"tags,list"`
		Raw     []byte   `parquet:"raw"`
	}
	caption := "Ein Bild"
	one := readAll(t, []laion{
		{7, "http://a", &caption, 0.5, time.UnixMilli(1700000000123).UTC(), 200},
		{8, "http://b", nil, 0.25, time.UnixMilli(-1).UTC(), 0},
	})
	require.Equal(t, retriever.Row{URL: "http://a", Caption: "Ein Bild", Fields: map[string]any{
		"SAMPLE_ID": int64(7), "pwatermark": 0.5, "when": "2023-11-14T22:13:20.123Z", "small": int64(200),
	}}, one[0].Row)
	require.True(t, one[0].hasCaption)
	require.False(t, one[1].hasCaption)
	require.Equal(t, "1969-12-31T23:59:59.999Z", one[1].Fields["when"])

	two := readAll(t, []img2dataset{
		{"u", "U", "c", "T", 42, []string{"a", "b", "c"}, []byte{0xff, 0}}, {"v", "", "", "", 0, nil, []byte("ok")},
	})
	require.Equal(t, retriever.Row{URL: "u", Caption: "c", Key: "42", Fields: map[string]any{
		"URL": "U", "TEXT": "T", "tags": []any{"a", "b", "c"}, "raw": "/wA=",
	}}, two[0].Row)
	require.Equal(t, map[string]any{"URL": "", "TEXT": "", "raw": "ok"}, two[1].Fields)
}

// readAll writes rows to a Parquet file and reads them back.
func readAll[T any](t *testing.T, rows []T) []metadataRow {
	t.Helper()
	path := filepath.Join(t.TempDir(), "metadata_0.parquet")
	require.NoError(t, parquet.WriteFile(path, rows))
	m, err := openMetadata(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.close()) }()
	r := m.reader()
	var out []metadataRow
	for range m.rows() {
		row, err := r.read()
		require.NoError(t, err)
		out = append(out, row)
	}
	r.close()
	return out
}

// TestSeek reads rows here and there in a file of several row groups, with lists among its columns.
func TestSeek(t *testing.T) {
	type row struct {
		Caption string  `parquet:"caption"`
		N       int64   `parquet:"n"`
		List    []int64 `parquet:"list,list"`
	}
	var rows []row
	for i := range int64(30000) {
		rows = append(rows, row{fmt.Sprint("c", i), i, make([]int64, i%4)})
	}
	path := filepath.Join(t.TempDir(), "m.parquet")
	require.NoError(t, parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(13000), parquet.PageBufferSize(4096)))
	m, err := openMetadata(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.close()) }()
	r := m.reader()
	for _, at := range []int64{0, 5, 4999, 5000, 12999, 13000, 17, 29999, 13001, 25999, 26000} {
		require.NoError(t, r.seek(at))
		got, err := r.read()
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("c", at), got.Caption)
		require.Equal(t, at, got.Fields["n"])
		list, _ := got.Fields["list"].([]any)
		require.Len(t, list, int(at%4))
	}
	r.close()
	require.ErrorContains(t, r.seek(30000), "no row 30000")
}

func TestMetadataDamaged(t *testing.T) {
	dir := buildIndex(t, smallData())
	path := filepath.Join(dir, "metadata/metadata_0.parquet")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, damaged := range map[string][]byte{
		"empty": nil, "cut": content[:len(content)/2], "text": []byte("caption,url\n"), "no footer": append(bytes.Clone(content[:len(content)-8]), make([]byte, 8)...),
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			_, err := Open(dir)
			require.ErrorContains(t, err, path)
		})
	}
	// the footer is whole, the pages are not
	pages := bytes.Clone(content)
	for i := 4; i < 200; i++ {
		pages[i] ^= 0x5a
	}
	require.NoError(t, os.WriteFile(path, pages, 0o600))
	s := openStore(t, dir)
	_, err = s.Get(t.Context(), []int64{1})
	require.ErrorContains(t, err, path)
	err = s.Captions(t.Context(), func(retriever.CaptionRow) error { return nil })
	require.ErrorContains(t, err, path)
}

// The partitions one by one, the last one first, have the captions that the pass over all has.
func TestCaptionParts(t *testing.T) {
	s := openStore(t, buildIndex(t, smallData()))
	var want, got []retriever.CaptionRow
	require.NoError(t, s.Captions(t.Context(), func(r retriever.CaptionRow) error {
		want = append(want, r)
		return nil
	}))
	parts, err := s.Parts(t.Context())
	require.NoError(t, err)
	require.Len(t, parts, 2)
	for _, p := range []retriever.CaptionPart{parts[1], parts[0]} {
		var rows []retriever.CaptionRow
		require.NoError(t, p.Read(t.Context(), func(batch []retriever.CaptionRow) error {
			for _, r := range batch {
				r.Row += p.First
				rows = append(rows, r)
			}
			return nil
		}))
		got = append(rows, got...)
	}
	require.Equal(t, want, got)
}

func TestCaptionsStop(t *testing.T) {
	s := openStore(t, buildIndex(t, smallData()))
	stop := errors.New("enough")
	err := s.Captions(t.Context(), func(retriever.CaptionRow) error { return stop })
	require.ErrorIs(t, err, stop)
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Captions(ctx, func(retriever.CaptionRow) error { cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
}

func TestBatches(t *testing.T) {
	data := smallData()
	s := openStore(t, buildIndex(t, data))
	for size := 1; size <= 6; size++ {
		var got retriever.RowBatch
		require.NoError(t, s.Batches(t.Context(), size, func(b retriever.RowBatch) error {
			require.Equal(t, int64(len(got.Rows)), b.First)
			require.LessOrEqual(t, len(b.Rows), size)
			require.Len(t, b.Image, len(b.Rows))
			require.Len(t, b.Text, len(b.Rows))
			got.Rows = append(got.Rows, b.Rows...)
			got.Image = append(got.Image, b.Image...)
			got.Text = append(got.Text, b.Text...)
			return nil
		}))
		require.Equal(t, append(data[0].Rows[:3:3], data[1].Rows...), got.Rows)
		require.Equal(t, append(data[0].Image[:3:3], data[1].Image...), got.Image)
		require.Equal(t, append(data[0].Text[:3:3], data[1].Text...), got.Text)
	}
	require.ErrorContains(t, s.Batches(t.Context(), 0, nil), "ask for 1")
}

// BenchmarkGet reads 10,000 rows out of 100,000, spread over all, with a cold cache.
func BenchmarkGet(b *testing.B) {
	data := randomBatch(100_000, 2)
	for i := range data.Rows {
		data.Rows[i].URL = fmt.Sprintf("https://example.org/%d.jpg", i)
		data.Rows[i].Fields = map[string]any{"width": i, "NSFW": "UNLIKELY", "similarity": 0.25}
	}
	s := openStore(b, buildIndex(b, []retriever.RowBatch{data}))
	ids := make([]int64, 10_000)
	for i := range ids {
		ids[i] = int64(i) * 7919 % 100_000
	}
	for b.Loop() {
		s.cache = newRowCache()
		if _, err := s.Get(b.Context(), ids); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzMetadata(f *testing.F) {
	var b bytes.Buffer
	if err := (&table{}).write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(b.Bytes()))
	b.Reset()
	filled := table{}
	filled.add(retriever.Row{Caption: "a", Fields: map[string]any{"n": 1, "x": 0.5, "s": "t"}})
	filled.add(retriever.Row{Key: "k", Fields: map[string]any{"b": true}})
	if err := filled.write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(b.Bytes()))
	f.Add([]byte("PAR1\x15\x04\x00\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "m.parquet")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := openMetadata(path)
		if err != nil {
			return
		}
		r := m.reader()
		for range min(m.rows(), 100) {
			if _, err := r.read(); err != nil {
				break
			}
		}
		r.close()
		if err := m.close(); err != nil {
			t.Fatal(err)
		}
	})
}
