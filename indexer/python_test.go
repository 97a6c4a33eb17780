package indexer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/peers"
)

// seen is what testdata/read_folder.py reports.
type seen struct {
	Count, Dimension int
	Captions         []string
	Vectors          [][]float64
	Pandas           struct {
		Columns, Captions []string
		Widths            []int64
	}
	Faiss struct {
		Rows        int
		TextVectors [][]float64 `json:"text_vectors"`
	}
}

// Twelve partitions, one without a row and others with fewer than the rest: embedding-reader,
// pandas and autofaiss must see the rows in input order, each with its own vectors.
func TestPythonPackagesReadTheFolder(t *testing.T) {
	interpreter := peers.Python(t)
	bad := map[int]indexer.Sample{
		4: {Image: []byte("broken"), Caption: "x", HasText: true},
		7: {Image: []byte("i"), Caption: "nan", HasText: true},
	}
	for i := 12; i < 15; i++ {
		bad[i] = indexer.Sample{Caption: "no image", HasText: true}
	}
	o := options(t.TempDir(), numbered(36, bad))
	o.PartitionRows = 3
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, int64(31), m.Rows)

	scratch := t.TempDir()
	command := exec.CommandContext(t.Context(), interpreter, filepath.Join("testdata", "read_folder.py"), o.Dir, scratch)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	text, err := os.ReadFile(filepath.Join(scratch, "seen.json"))
	require.NoError(t, err)
	var got seen
	require.NoError(t, json.Unmarshal(text, &got))

	require.Equal(t, []int{31, dimension, 31}, []int{got.Count, got.Dimension, got.Faiss.Rows})
	require.Equal(t, []string{"image_path", "caption", "key", "url", "width"}, got.Pandas.Columns)
	row := 0
	for i := range 36 {
		if _, isBad := bad[i]; isBad {
			continue
		}
		caption := fmt.Sprintf("caption %d", i)
		require.Equal(t, []string{caption, caption}, []string{got.Captions[row], got.Pandas.Captions[row]})
		require.Equal(t, int64(i), got.Pandas.Widths[row])
		image, text := arithmetic(fmt.Sprintf("image %d", i)), arithmetic(caption)
		for d := range dimension { // float16 has 11 bits
			require.InDelta(t, image[d], got.Vectors[row][d], 0.0005)
			require.InDelta(t, text[d], got.Faiss.TextVectors[row][d], 0.0005)
		}
		row++
	}
}
