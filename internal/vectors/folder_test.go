package vectors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/retriever"
)

// bareFolder writes files of one-dimensional vectors whose only component tells rows apart by
// sign, and metadata whose captions are the file's name.
func bareFolder(t *testing.T, npy map[string]int, metadata map[string]int) string {
	t.Helper()
	dir := t.TempDir()
	for name, rows := range npy {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		f, err := os.Create(path)
		require.NoError(t, err)
		vectors := make([][]float32, rows)
		for i := range vectors {
			vectors[i] = []float32{1}
		}
		require.NoError(t, WriteFloat16(f, vectors))
		require.NoError(t, f.Close())
	}
	for name, rows := range metadata {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		f, err := os.Create(path)
		require.NoError(t, err)
		var data table
		for range rows {
			data.add(retriever.Row{Caption: name})
		}
		require.NoError(t, data.write(f))
		require.NoError(t, f.Close())
	}
	return dir
}

func captionsOf(t *testing.T, s *Store) (out []string) {
	t.Helper()
	require.NoError(t, s.Captions(t.Context(), func(c retriever.CaptionRow) error {
		out = append(out, strings.TrimSuffix(filepath.Base(c.Caption), ".parquet"))
		return nil
	}))
	return out
}

func TestOpenBareFolders(t *testing.T) {
	cases := []struct {
		name          string
		npy, metadata map[string]int
		want          []string // captions by row
		image, text   bool
	}{
		{
			"unpadded numbers come in the order of their names, 2 and 3 are missing",
			map[string]int{"img_emb/img_emb_0.npy": 1, "img_emb/img_emb_1.npy": 2, "img_emb/img_emb_10.npy": 1, "img_emb/img_emb_4.npy": 1},
			map[string]int{"metadata/metadata_0.parquet": 1, "metadata/metadata_1.parquet": 2, "metadata/metadata_10.parquet": 1, "metadata/metadata_4.parquet": 1},
			[]string{"metadata_0", "metadata_1", "metadata_1", "metadata_10", "metadata_4"}, true, false,
		},
		{
			"padded numbers, both modalities, other files about",
			map[string]int{"img_emb/img_emb_00.npy": 1, "img_emb/img_emb_11.npy": 1, "text_emb/text_emb_00.npy": 1, "text_emb/text_emb_11.npy": 1, "img_emb/img_emb_11.npy.tmp": 9},
			map[string]int{"metadata/metadata_00.parquet": 1, "metadata/metadata_11.parquet": 1},
			[]string{"metadata_00", "metadata_11"}, true, true,
		},
		{
			"LAION's names",
			map[string]int{"images/img_emb_0000.npy": 2},
			map[string]int{"metadata/metadata_0000.parquet": 2},
			[]string{"metadata_0000", "metadata_0000"}, true, false,
		},
		{
			"texts only",
			map[string]int{"text_emb/text_emb_0.npy": 1},
			map[string]int{"metadata/metadata_0.parquet": 1},
			[]string{"metadata_0"}, false, true,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := openStore(t, bareFolder(t, c.npy, c.metadata))
			require.Equal(t, c.want, captionsOf(t, s))
			require.Equal(t, c.image, s.Has(retriever.Image))
			require.Equal(t, c.text, s.Has(retriever.Text))
			require.False(t, s.Has("sound"))
			require.Equal(t, 1, s.Dimension())
		})
	}
}

func TestOpenWithoutMetadata(t *testing.T) {
	s := openStore(t, bareFolder(t, map[string]int{"img_emb/img_emb_0.npy": 3}, nil))
	rows, err := s.Get(t.Context(), []int64{2})
	require.NoError(t, err)
	require.Equal(t, []retriever.Row{{ID: 2}}, rows)
	err = s.Captions(t.Context(), func(retriever.CaptionRow) error { return nil })
	require.ErrorContains(t, err, "no metadata")
}

func TestOpenRefuses(t *testing.T) {
	cases := []struct {
		name          string
		npy, metadata map[string]int
		says          []string
	}{
		{"nothing", nil, nil, []string{"no embedding folder"}},
		{"photos", map[string]int{"images/a.jpg": 1}, nil, []string{"no embedding folder"}},
		{
			"row counts of the metadata",
			map[string]int{"img_emb/img_emb_0.npy": 3}, map[string]int{"metadata/metadata_0.parquet": 2},
			[]string{"3 rows in", "img_emb_0.npy", "2 in", "metadata_0.parquet"},
		},
		{
			"row counts of the texts",
			map[string]int{"img_emb/img_emb_0.npy": 3, "text_emb/text_emb_0.npy": 4}, nil,
			[]string{"3 rows in", "img_emb_0.npy", "4 in", "text_emb_0.npy"},
		},
		{
			"a partition of one kind only",
			map[string]int{"img_emb/img_emb_0.npy": 1, "img_emb/img_emb_1.npy": 1}, map[string]int{"metadata/metadata_0.parquet": 1},
			[]string{"img_emb_1.npy has no partner", "metadata_0.parquet"},
		},
		{
			"other numbers",
			map[string]int{"img_emb/img_emb_0.npy": 1, "text_emb/text_emb_1.npy": 1}, nil,
			[]string{"text_emb_1.npy has no partner among img_emb/img_emb_0.npy"},
		},
		{
			"a number twice",
			map[string]int{"img_emb/img_emb_1.npy": 1, "img_emb/img_emb_01.npy": 1}, nil,
			[]string{"img_emb_01.npy and img_emb_1.npy", "same partition number"},
		},
		{"no number", map[string]int{"img_emb/all.npy": 1}, nil, []string{"all.npy has no partition number"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(bareFolder(t, c.npy, c.metadata))
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
		})
	}
	_, err := Open(filepath.Join(t.TempDir(), "absent"))
	require.ErrorContains(t, err, "no embedding folder")
}

func TestOpenIndexRefuses(t *testing.T) {
	cases := []struct {
		name   string
		change func(dir string, m *indexer.Manifest)
		says   string
	}{
		{"unfinished", func(_ string, m *indexer.Manifest) { m.State = indexer.StateBuilding }, "still being built"},
		{"later version", func(_ string, m *indexer.Manifest) { m.Version = 2 }, "has version 2"},
		{"rows promised", func(_ string, m *indexer.Manifest) { m.Partitions[1].Rows = 3 }, "3 rows in"},
		{"dimension", func(_ string, m *indexer.Manifest) { m.Model.Dimension = 512 }, "has 2 dimensions, the index has 512"},
		{"file outside", func(_ string, m *indexer.Manifest) { m.Partitions[0].SHA256["../secret"] = "" }, "outside of the index"},
		{"file missing", func(dir string, _ *indexer.Manifest) { os.Remove(filepath.Join(dir, "text_emb/text_emb_1.npy")) }, "text_emb_1.npy"},
		{"file not named", func(_ string, m *indexer.Manifest) { delete(m.Partitions[1].SHA256, "text_emb/text_emb_1.npy") }, "partition 1 of"},
		{"no files named", func(_ string, m *indexer.Manifest) { m.Partitions[0].SHA256 = nil }, "partition 0 of"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := buildIndex(t, smallData())
			m, err := readManifest(dir)
			require.NoError(t, err)
			c.change(dir, m)
			require.NoError(t, writeJSON(filepath.Join(dir, indexer.ManifestName), m))
			_, err = Open(dir)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, dir)
		})
	}
	dir := buildIndex(t, smallData())
	require.NoError(t, os.WriteFile(filepath.Join(dir, indexer.ManifestName), []byte(`{"version": 1, "rows":`), 0o600))
	_, err := Open(dir)
	require.ErrorContains(t, err, "is damaged")
}

// TestOpenLeavesOut: partitions that index.json does not name are not there.
func TestOpenLeavesOut(t *testing.T) {
	dir := buildIndex(t, smallData())
	m, err := readManifest(dir)
	require.NoError(t, err)
	m.Partitions, m.Rows, m.Samples = m.Partitions[:1], 3, 3
	require.NoError(t, writeJSON(filepath.Join(dir, indexer.ManifestName), m))
	n, err := openStore(t, dir).Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(3), n)
}

func TestEmptyIndex(t *testing.T) {
	dir := t.TempDir()
	m := indexer.Manifest{Version: 1, State: indexer.StateComplete, Samples: 2, Failures: 2}
	m.Model.Dimension, m.Options.Images = 2, true
	require.NoError(t, writeJSON(filepath.Join(dir, indexer.ManifestName), m))
	s := openStore(t, dir)
	hits, exact, err := s.TopK(t.Context(), retriever.Image, [][]float32{{1, 0}}, 5)
	require.NoError(t, err)
	require.True(t, exact)
	require.Equal(t, [][]retriever.Hit{nil}, hits)
	_, err = s.Get(t.Context(), []int64{0})
	require.ErrorContains(t, err, "no row 0")
}
