package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

var modalities = []retriever.Modality{retriever.Image, retriever.Text}

// queriesFor makes queries of all lengths: normalising them is the store's work.
func queriesFor(n, dimension int) [][]float32 {
	rng := rand.New(rand.NewPCG(77, uint64(dimension)))
	out := make([][]float32, n)
	for i := range out {
		out[i] = randomVector(rng, dimension)
		scale := []float32{1, 1e-3, 750}[i%3]
		for j := range out[i] {
			out[i][j] *= scale
		}
	}
	return out
}

// topK asks one exact question.
func topK(t *testing.T, s Store, m retriever.Modality, queries [][]float32, k int) [][]retriever.Hit {
	t.Helper()
	hits, exact, err := s.TopK(t.Context(), m, queries, k)
	require.NoError(t, err)
	require.True(t, exact, "the answer must be exact")
	require.Len(t, hits, len(queries))
	return hits
}

func testTopK(t *testing.T, s Store, d *data) {
	queries := queriesFor(12, 64)
	queries = append(queries, d.image[17], d.text[999])
	for _, m := range modalities {
		for _, k := range []int{1, 10, len(d.rows), len(d.rows) + 1, 16384, 16385} {
			t.Run(fmt.Sprintf("%s k=%d", m, k), func(t *testing.T) {
				hits := topK(t, s, m, queries, k)
				for q := range queries {
					requireTop(t, ranking(d.of(m), queries[q], nil), k, hits[q])
				}
			})
		}
		t.Run(fmt.Sprintf("%s batch equals single", m), func(t *testing.T) {
			batch := topK(t, s, m, queries, 25)
			for q := range queries {
				single := topK(t, s, m, queries[q:q+1], 25)
				requireSame(t, single[0], batch[q])
			}
		})
	}
}

// requireSame compares two answers to the same question; hits closer than orderGap may swap.
func requireSame(t *testing.T, want, got []retriever.Hit) {
	t.Helper()
	ranked := make([]scored, len(want))
	for i, h := range want {
		ranked[i] = scored{h.ID, float64(h.Score)}
	}
	require.Len(t, got, len(want))
	for i := range got {
		require.InDelta(t, ranked[i].score, got[i].Score, scoreTolerance, "score at rank %d", i)
		if i < len(want)-1 && apart(ranked, i) {
			require.Equal(t, ranked[i].id, got[i].ID, "row at rank %d", i)
		}
	}
}

// testTies asks for whole groups of equal rows: within a group the lower row number comes first.
func testTies(t *testing.T, s Store) {
	query := make([]float32, 64)
	query[0] = 3
	for _, m := range modalities {
		hits := topK(t, s, m, [][]float32{query}, 48)[0]
		require.Len(t, hits, 48)
		for i, h := range hits {
			kind, place := i/12, i%12 // 12 rows of each kind, in the order 1, 1/2, 1/4, 1/8
			require.Equal(t, int64(4*place+kind), h.ID, "%s: row at rank %d", m, i)
			require.InDelta(t, []float64{1, 0.5, 0.25, 0.125}[kind], h.Score, scoreTolerance)
		}
	}
}

// testOneModality asks an index of images for texts.
func testOneModality(t *testing.T, s Store, d *data) {
	query := d.image[5]
	requireTop(t, ranking(d.image, query, nil), 3, topK(t, s, retriever.Image, [][]float32{query}, 3)[0])
	_, _, err := s.TopK(t.Context(), retriever.Text, [][]float32{query}, 3)
	require.ErrorContains(t, err, string(retriever.Text))
	err = s.Range(t.Context(), retriever.Text, [][]float32{query}, 0, func(int, retriever.Hit) error { return nil })
	require.ErrorContains(t, err, string(retriever.Text))
	_, err = s.Vectors(t.Context(), retriever.Text, []int64{0})
	require.ErrorContains(t, err, string(retriever.Text))
}

// testPastLimit asks for more rows than a Milvus answer can hold (16,384). A store may refuse such
// a k; it must not cut the answer. A range search has no limit.
func testPastLimit(t *testing.T, s Store, d *data) {
	queries := queriesFor(2, 8)
	hits := rangeHits(t, s, retriever.Text, queries, -1.5)
	for q := range queries {
		requireRange(t, ranking(d.text, queries[q], nil), -1.5, hits[q])
		require.Len(t, hits[q], len(d.rows))
	}
	hits = rangeHits(t, s, retriever.Image, queries[:1], 0)
	requireRange(t, ranking(d.image, queries[0], nil), 0, hits[0])

	top, _, err := s.TopK(t.Context(), retriever.Image, queries[:1], len(d.rows))
	if err != nil {
		t.Logf("k = %d is refused: %v", len(d.rows), err)
		return
	}
	requireTop(t, ranking(d.image, queries[0], nil), len(d.rows), top[0])
}
