package vectors

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/retriever"
)

// buildIndex writes batches as the index of a finished run, each batch a partition, and gives its
// folder.
func buildIndex(t testing.TB, data []retriever.RowBatch) string {
	t.Helper()
	dir := t.TempDir()
	m := indexer.Manifest{Version: 1, Tool: "rollcall test", State: indexer.StateComplete}
	m.Options = indexer.ManifestOption{Images: data[0].Image != nil, Texts: data[0].Text != nil}
	for number, batch := range data {
		vectors := batch.Image
		if vectors == nil {
			vectors = batch.Text
		}
		m.Model.Dimension = len(vectors[0])
		w, err := NewPartitionWriter(dir, number, 1, m.Model.Dimension, batch.Image != nil, batch.Text != nil)
		require.NoError(t, err)
		for i, row := range batch.Rows {
			var image, text []float32
			if batch.Image != nil {
				image = batch.Image[i]
			}
			if batch.Text != nil {
				text = batch.Text[i]
			}
			require.NoError(t, w.Append(image, text, row))
		}
		sums, err := w.Close()
		require.NoError(t, err)
		n := int64(len(batch.Rows))
		m.Partitions = append(m.Partitions, indexer.Partition{Number: number, Samples: n, Rows: n, SHA256: sums})
		m.Samples += n
		m.Rows += n
	}
	require.NoError(t, writeJSON(filepath.Join(dir, indexer.ManifestName), m))
	return dir
}

// openStore opens a folder for the length of a test.
func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// smallData is 5 rows in 2 batches of 2-d vectors whose lengths are 1.
func smallData() []retriever.RowBatch {
	rows := func(ids ...int64) (out []retriever.Row) {
		for _, id := range ids {
			out = append(out, retriever.Row{ID: id, Caption: "row", Key: string(rune('a' + id)), Fields: map[string]any{"n": id}})
		}
		return out
	}
	return []retriever.RowBatch{
		{First: 0, Rows: rows(0, 1, 2), Image: [][]float32{{1, 0}, {0, 1}, {-1, 0}}, Text: [][]float32{{0, 1}, {0, 1}, {0, 1}}},
		{First: 3, Rows: rows(3, 4), Image: [][]float32{{0, -1}, {1, 0}}, Text: [][]float32{{0, 1}, {0, 1}}},
	}
}

// copyFolder copies a folder, so that a test may change it.
func copyFolder(t testing.TB, from string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(from)))
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, 0o755)
	}))
	return dir
}

// fixture gives the path of a fixture; without it the test is skipped, or fails where all parts
// are required.
func fixture(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("../../../shared/fixtures", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatalf("fixture is missing: %v", err)
		}
		t.Skipf("fixture is missing: %v", err)
	}
	return path
}

// readTree gives the content of every file below dir but the lock.
func readTree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == lockName {
			return err
		}
		content, err := os.ReadFile(path)
		out[path] = string(content)
		return err
	}))
	return out
}

// makeBare takes index.json away: the folder is then one as clip-retrieval leaves it.
func makeBare(t testing.TB, dir string) {
	t.Helper()
	require.NoError(t, os.Remove(filepath.Join(dir, indexer.ManifestName)))
}
