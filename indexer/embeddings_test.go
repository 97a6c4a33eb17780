package indexer_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/dataset"
	"rollcall/internal/vectors"
)

// npyContent is the content of .npy files after their headers, one after the other.
func npyContent(t *testing.T, paths ...string) []byte {
	t.Helper()
	var all []byte
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		all = append(all, data[10+int(binary.LittleEndian.Uint16(data[8:])):]...)
	}
	return all
}

func openEmbeddings(t *testing.T, dirs ...string) indexer.Source {
	t.Helper()
	source, err := dataset.OpenContext(t.Context(), dirs, dataset.Options{
		Embeddings: func(dir string) (dataset.EmbeddingFolder, error) { return vectors.Open(dir) },
	})
	require.NoError(t, err)
	require.Equal(t, "embeddings", source.Describe().Format)
	return source
}

func clipRetrievalRun(t *testing.T) string {
	t.Helper()
	run := filepath.Join("..", "..", "shared", "fixtures", "clip-retrieval", "run_2_45")
	if _, err := os.Stat(run); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatalf("the clip-retrieval fixture is not there: %v", err)
		}
		t.Skip("the clip-retrieval fixture is not there")
	}
	return run
}

func embeddingOptions(dir string, source indexer.Source) indexer.Options {
	o := options(dir, source)
	o.Encoder = nil
	o.Model = indexer.ModelInfo{Name: "theirs", Dimension: source.(interface{ Dimension() int }).Dimension()}
	return o
}

// The folder that clip-retrieval 2.45 wrote becomes an index with the same vectors, bit for bit,
// and the same metadata, also in partitions of another size and after an interruption.
func TestEmbeddingFolderBecomesAnIndex(t *testing.T) {
	theirs := filepath.Join(clipRetrievalRun(t), "emb_p2")
	source := openEmbeddings(t, theirs)
	o := embeddingOptions(t.TempDir(), source)
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int64{33, 33, 0}, []int64{m.Samples, m.Rows, m.Failures})
	require.Len(t, m.Partitions, 4, "of 10 rows at most")
	require.True(t, m.Options.Images && m.Options.Texts)
	for _, kind := range []string{"img_emb", "text_emb"} {
		ours, err := filepath.Glob(filepath.Join(o.Dir, kind, "*.npy"))
		require.NoError(t, err)
		require.Len(t, ours, 4)
		want := npyContent(t, filepath.Join(theirs, kind, kind+"_0.npy"), filepath.Join(theirs, kind, kind+"_1.npy"))
		require.True(t, bytes.Equal(want, npyContent(t, ours...)), kind)
	}
	require.Equal(t, metadataRows(t, filepath.Join(theirs, "metadata", "*.parquet")), metadataRows(t, filepath.Join(o.Dir, "metadata", "*.parquet")))
	report, err := vectors.Verify(t.Context(), o.Dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)

	limited := embeddingOptions(t.TempDir(), source)
	limited.Limit = 15
	m, err = indexer.Run(t.Context(), limited)
	require.NoError(t, err)
	require.Equal(t, int64(15), m.Rows)
}

// LAION's names, numbers without padding, float32 and vectors of any length: normalised; one
// that is zero and one that is not finite are ledger records.
func TestEmbeddingsOfLAION(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, rows ...[]float32) {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "images"), 0o700))
		f, err := os.Create(filepath.Join(dir, "images", name))
		require.NoError(t, err)
		require.NoError(t, vectors.WriteFloat32(f, rows))
		require.NoError(t, f.Close())
	}
	write("img_emb_0.npy", []float32{3, 4}, []float32{0, 0})
	write("img_emb_1.npy", []float32{float32(math.NaN()), 1}, []float32{0.6, 0.8})
	source := openEmbeddings(t, dir)
	require.True(t, source.Describe().NoTexts)
	o := embeddingOptions(t.TempDir(), source)
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"zero-vector": 1, "not-finite": 1}, m.Reasons)
	require.False(t, m.Options.Texts)
	values := npyValues(t, filepath.Join(o.Dir, "img_emb", "img_emb_0.npy"))
	// 0.6 and 0.8 in float16 are 1229/2048 and 1638/2048.
	require.Equal(t, []float64{1229.0 / 2048, 1638.0 / 2048, 1229.0 / 2048, 1638.0 / 2048}, values)
	require.NoDirExists(t, filepath.Join(o.Dir, "text_emb"))
	require.Equal(t, dir+"#1", ledgerOf(t, o.Dir)[0].Position)
}

func TestEmbeddingsRefused(t *testing.T) {
	_, err := dataset.Open([]string{t.TempDir()}, "embeddings")
	require.ErrorContains(t, err, "cannot be opened here")
	open := dataset.Options{Format: "embeddings", Embeddings: func(dir string) (dataset.EmbeddingFolder, error) { return vectors.Open(dir) }}
	_, err = dataset.OpenContext(t.Context(), []string{t.TempDir()}, open)
	require.ErrorContains(t, err, "is no embedding folder")
	source := openEmbeddings(t, filepath.Join(clipRetrievalRun(t), "emb_p1"))
	o := embeddingOptions(t.TempDir(), source)
	o.Model.Dimension++
	_, err = indexer.Run(t.Context(), o)
	require.ErrorContains(t, err, "dimension")
}
