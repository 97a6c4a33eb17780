package face

import (
	"math"
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
	require.NoError(t, s.RangeFaces(t.Context(), [][]float32{{2, 0}}, 0.5, func(_ int, h retriever.FaceHit) error {
		require.Equal(t, retriever.Box{Left: 1, Top: 2, Width: 3, Height: 4}, h.Box)
		got[h.ID*10+h.Row] = h.Similarity
		return nil
	}))
	require.InDeltaMapValues(t, map[int64]float32{0: 0.6, 24: 1}, got, 1e-6)
	top, err := s.TopFaces(t.Context(), [][]float32{{2, 0}, {0, 1}}, 2)
	require.NoError(t, err)
	require.Equal(t, []int64{2, 0, 1, 0}, []int64{top[0][0].ID, top[0][1].ID, top[1][0].ID, top[1][1].ID})
	require.Equal(t, []int64{4, 0}, []int64{top[0][0].Row, top[0][1].Row})
	_, err = s.TopFaces(t.Context(), [][]float32{{1, 0}}, 0)
	require.ErrorContains(t, err, "at least 1")
	var of []int64
	require.NoError(t, s.FacesOf(t.Context(), []int64{0, 3, 6}, func(f retriever.StoredFace, v []float32) error {
		of = append(of, f.ID, f.Row)
		require.Len(t, v, 2)
		return nil
	}))
	require.Equal(t, []int64{0, 0, 1, 0, 3, 6}, of)
	n, err := s.NumFaces(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
	var vectors [][]float32
	keep := func(_ retriever.StoredFace, v []float32) error {
		vectors = append(vectors, v)
		return nil
	}
	require.NoError(t, s.FacesAt(t.Context(), []int64{1, 3}, keep))
	require.Equal(t, [][]float32{{0, 1}, {-1, 0}}, vectors)
	require.ErrorContains(t, s.FacesAt(t.Context(), []int64{9}, keep), "no face 9")
	require.ErrorContains(t, s.RangeFaces(t.Context(), [][]float32{{1}}, 0, nil), "the stored faces have 2")

	require.NoError(t, os.Remove(filepath.Join(dir, StoreDir, "faces_1.parquet")))
	require.ErrorContains(t, s.Each(t.Context(), func(int64, *Stored) error { return nil }), "faces_1.parquet")
	_, err = OpenStore(t.TempDir())
	require.ErrorContains(t, err, "run rollcall index again with --faces DIR")
}

// What a recogniser or detector that overflows gives is counted, and not stored: it would be like
// nobody, or like everybody.
func TestUnusableFacesAreCounted(t *testing.T) {
	dir := t.TempDir()
	w, err := NewWriter(dir, "model", "index", 2)
	require.NoError(t, err)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	wide := at(3, 1, 0)
	wide.Width = inf
	require.NoError(t, w.Add(6, 0, []Stored{at(0, nan, 0), at(1, 1, 0), at(2, inf, 1), wide, at(4, 0, 0)}))
	require.NoError(t, w.Add(1, 0, []Stored{at(6, nan, nan)}))
	s, err := OpenStore(dir)
	require.NoError(t, err)
	m := s.Manifest()
	require.Equal(t, []int64{7, 1, 5}, []int64{m.Rows, m.Faces, m.Unusable})
	top, err := s.TopFaces(t.Context(), [][]float32{{1, 0}}, 9)
	require.NoError(t, err)
	require.Len(t, top[0], 1)
	require.EqualValues(t, 1, top[0][0].Row)
}
