package milvus

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestTiesBeyondOneAnswer asks for a few of 17,000 equal rows, more than an answer holds: those with
// the lowest numbers are due, whichever Milvus prefers. 100 rows of another direction come first.
func TestTiesBeyondOneAnswer(t *testing.T) {
	t.Parallel()
	c := dial(t)
	b := retriever.RowBatch{}
	for i := range int64(17100) {
		v := []float32{1, 1, 0, 0}
		if i < 100 {
			v = []float32{-1, 1, 0, 0}
		}
		b.Image = append(b.Image, v)
		b.Rows = append(b.Rows, retriever.Row{ID: i})
	}
	data := []retriever.RowBatch{b}
	require.NoError(t, c.Publish(t.Context(), specOf("tied", "g1", data), sourceOf(data)))
	s, err := Open(t.Context(), c, "tied")
	require.NoError(t, err)

	queries := [][]float32{{2, 2, 0, 0}, {-3, 3, 0, 0}}
	for _, k := range []int{1, 90, 100} {
		hits, exact, err := s.TopK(t.Context(), retriever.Image, queries, k)
		require.NoError(t, err)
		require.True(t, exact)
		for q, first := range []int64{100, 0} {
			require.Len(t, hits[q], k)
			for i, h := range hits[q] {
				require.Equal(t, first+int64(i), h.ID)
				require.InDelta(t, 1, h.Score, 1e-6)
			}
		}
	}

	counts := make([]int, len(queries))
	require.NoError(t, s.Range(t.Context(), retriever.Image, queries, 0.5, func(q int, _ retriever.Hit) error {
		counts[q]++
		return nil
	}))
	require.Equal(t, []int{17000, 100}, counts)

	require.NoError(t, s.Erase(t.Context(), []int64{100, 16999}))
	hits, _, err := s.TopK(t.Context(), retriever.Image, queries[:1], 2)
	require.NoError(t, err)
	require.Equal(t, []int64{101, 102}, []int64{hits[0][0].ID, hits[0][1].ID})
	erased := map[int64]bool{100: true, 16999: true}
	rows := 0
	require.NoError(t, s.Captions(t.Context(), func(row retriever.CaptionRow) error {
		require.True(t, row.Null)
		rows++
		return nil
	}))
	require.Equal(t, 17100, rows)
	got, err := s.Get(t.Context(), []int64{100, 101, 16999})
	require.NoError(t, err)
	for _, row := range got {
		require.Equal(t, erased[row.ID], row.Erased)
	}
}
