package vectors

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

func TestPartitionWriter(t *testing.T) {
	dir := t.TempDir()
	w, err := NewPartitionWriter(dir, 7, 2, 3, true, true)
	require.NoError(t, err)
	require.NoError(t, w.Append([]float32{1, 0, 0}, []float32{0, 0.5, -2}, retriever.Row{Caption: "Zoë", Key: "a"}))
	require.NoError(t, w.Append([]float32{0, 1, 0}, []float32{0, 0, 1}, retriever.Row{
		Fields: map[string]any{"width": 480, "key": "shadowed", "score": 0.5, "tags": []any{"x", 1}},
	}))
	require.NoFileExists(t, filepath.Join(dir, "img_emb/img_emb_07.npy"), "nothing appears before Close")

	files, err := w.Close()
	require.NoError(t, err)
	require.Len(t, files, 3)
	for name, sum := range files {
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		want := sha256.Sum256(content)
		require.Equal(t, hex.EncodeToString(want[:]), sum)
	}
	text, err := os.ReadFile(filepath.Join(dir, "text_emb/text_emb_07.npy"))
	require.NoError(t, err)
	// numpy: np.array([[0, .5, -2], [0, 0, 1]], '<f2').tobytes()
	require.Equal(t, "\x00\x00\x00\x38\x00\xc0\x00\x00\x00\x00\x00\x3c", string(text[128:]))
	require.Contains(t, string(text[:128]), "'shape': (2, 3)")
	left, err := filepath.Glob(filepath.Join(dir, "*", "*.tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = w.Close()
	require.ErrorContains(t, err, "closed already")
}

func TestPartitionWriterRefuses(t *testing.T) {
	dir := t.TempDir()
	w, err := NewPartitionWriter(dir, 0, 1, 2, true, false)
	require.NoError(t, err)
	inf := float32(1e30)
	cases := []struct {
		name        string
		image, text []float32
		says        string
	}{
		{"short", []float32{1}, nil, "1 dimensions, the index 2"},
		{"missing", nil, nil, "0 dimensions, the index 2"},
		{"too large for float16", []float32{1, inf}, nil, "component 1 of the vector is 1e+30"},
		{"not a number", []float32{1, float32(math.NaN())}, nil, "component 1 of the vector is NaN"},
		{"no such modality", []float32{1, 0}, []float32{1, 0}, "text embeddings"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, w.Append(c.image, c.text, retriever.Row{}), c.says)
		})
	}
	require.NoError(t, w.Abort())
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = NewPartitionWriter(dir, 0, 1, 2, false, false)
	require.ErrorContains(t, err, "one kind of embedding")
}
