package storetest

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

const (
	scoreTolerance = 1e-5 // between a store's float32 cosine and the reference in float64
	orderGap       = 1e-6 // rows whose reference cosines are closer may come in either order
)

// scored is a row with its cosine in float64.
type scored struct {
	id    int64
	score float64
}

// cosine in float64: the reference every answer is held against.
func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	return dot / math.Sqrt(aa*bb)
}

// ranking orders all rows but those in without by cosine, best first, ties by lower id.
func ranking(vectors [][]float32, query []float32, without map[int64]bool) []scored {
	var out []scored
	for i, v := range vectors {
		if !without[int64(i)] {
			out = append(out, scored{int64(i), cosine(v, query)})
		}
	}
	slices.SortStableFunc(out, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	return out
}

// requireTop holds an answer of top-k against the ranking of all rows.
func requireTop(t *testing.T, want []scored, k int, got []retriever.Hit) {
	t.Helper()
	require.Len(t, got, min(k, len(want)))
	score := make(map[int64]float64, len(want))
	for _, w := range want {
		score[w.id] = w.score
	}
	seen := map[int64]bool{}
	for i, h := range got {
		own, known := score[h.ID]
		require.True(t, known, "row %d at rank %d is not in the index, or erased", h.ID, i)
		require.False(t, seen[h.ID], "row %d comes twice", h.ID)
		seen[h.ID] = true
		require.InDelta(t, own, h.Score, scoreTolerance, "score of row %d", h.ID)
		require.InDelta(t, want[i].score, h.Score, scoreTolerance, "score at rank %d", i)
		if apart(want, i) {
			require.Equal(t, want[i].id, h.ID, "row at rank %d", i)
		}
		if i > 0 {
			require.LessOrEqual(t, h.Score, got[i-1].Score, "rank %d is better than the one before", i)
		}
	}
}

// apart says whether rank i is clear of its neighbours.
func apart(want []scored, i int) bool {
	return (i == 0 || want[i-1].score-want[i].score > orderGap) &&
		(i == len(want)-1 || want[i].score-want[i+1].score > orderGap)
}

// requireRange holds the answer of a range search against the ranking: every row that is clearly
// inside, none that is clearly outside, each once and with its score.
func requireRange(t *testing.T, want []scored, least float32, got []retriever.Hit) {
	t.Helper()
	found := make(map[int64]float32, len(got))
	for _, h := range got {
		_, twice := found[h.ID]
		require.False(t, twice, "row %d comes twice", h.ID)
		require.GreaterOrEqual(t, h.Score, least, "score of row %d", h.ID)
		found[h.ID] = h.Score
	}
	for _, w := range want {
		score, in := found[w.id]
		if in {
			require.InDelta(t, w.score, score, scoreTolerance, "score of row %d", w.id)
		}
		if math.Abs(w.score-float64(least)) > orderGap {
			require.Equal(t, w.score > float64(least), in, "row %d of cosine %v", w.id, w.score)
		}
		delete(found, w.id)
	}
	require.Empty(t, found, "rows that are not in the index, or erased")
}
