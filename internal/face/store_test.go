package face

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

func at(row int64, x, y float32) Stored {
	return NewStored(row, Face{Left: 1, Top: 2, Width: 3, Height: 4, Score: 0.9, Vector: []float32{x, y}})
}

// Two partitions, the second written by a later run, read as one; cosines by hand: (3,4)/5 with
// (1,0) is .6.
func TestStoreKeepsFaces(t *testing.T) {
	dir := t.TempDir()
	w, err := NewWriter(dir, "model", "index", 2)
	require.NoError(t, err)
	require.NoError(t, w.Add(5, 1, []Stored{at(0, 3, 4), at(0, 0, 2), at(4, 1, 0)}))
	w, err = NewWriter(dir, "model", "index", 2)
	require.NoError(t, err)
	require.EqualValues(t, 5, w.Manifest().Rows)
	require.NoError(t, w.Add(2, 0, []Stored{at(6, -1, 0)}))
	require.NoError(t, w.Finish())
	_, err = NewWriter(dir, "other", "index", 2)
	require.ErrorContains(t, err, "faces of another bundle")

	s, err := OpenStore(dir)
	require.NoError(t, err)
	m := s.Manifest()
	require.Equal(t, []int64{7, 4, 1}, []int64{m.Rows, m.Faces, m.Failures})
	require.True(t, m.Complete)
	got := map[int64]float32{}
	require.NoError(t, s.Range(t.Context(), "", [][]float32{{2, 0}}, 0.5, func(_ int, h retriever.Hit) error {
		got[h.ID] = h.Score
		return nil
	}))
	require.InDeltaMapValues(t, map[int64]float32{0: 0.6, 4: 1}, got, 1e-6)
	faces, err := s.Take(t.Context(), []int64{1, 3})
	require.NoError(t, err)
	require.Equal(t, []Stored{at(0, 0, 1), at(6, -1, 0)}, faces)
	_, err = s.Take(t.Context(), []int64{9})
	require.ErrorContains(t, err, "no face 9")
	require.ErrorContains(t, s.Range(t.Context(), "", [][]float32{{1}}, 0, nil), "the stored faces have 2")

	require.NoError(t, os.Remove(filepath.Join(dir, StoreDir, "faces_1.parquet")))
	require.ErrorContains(t, s.Each(t.Context(), func(int64, *Stored) error { return nil }), "faces_1.parquet")
	_, err = OpenStore(t.TempDir())
	require.ErrorContains(t, err, "run rollcall index again with --faces DIR")
}
