package milvus

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/vectors"
	"rollcall/retriever"
)

var sameRows = flag.Int("same-rows", 20_000, "rows that TestCountsEqualTheFolders compares")

// TestCountsEqualTheFolders counts in an index folder and in Milvus, which was loaded from it, at
// similarities that take in few rows, many, and more than an answer of Milvus holds: the same rows.
// Rows within 1e-6 of a similarity could fall on either side by rounding, so each lies in a gap.
func TestCountsEqualTheFolders(t *testing.T) {
	t.Parallel()
	c := dial(t)
	folder := clustered(t, *sameRows, 512)
	spec := PublishSpec{Name: "same", Generation: "g1", Dimension: 512, Rows: int64(*sameRows), HasImage: true}
	require.NoError(t, c.Publish(t.Context(), spec, batchesOf(folder)))
	remote, err := Open(t.Context(), c, "same")
	require.NoError(t, err)
	queries, err := folder.Vectors(t.Context(), retriever.Image, []int64{0, 7, int64(*sameRows) - 1})
	require.NoError(t, err)
	all := rowsAbove(t, folder, queries, -1)
	for _, near := range []float32{-0.02, 0.1, 0.5, 0.9} {
		for q := range queries {
			least := gap(all[q], near)
			want := rowsAbove(t, folder, queries[q:q+1], least)[0]
			got := rowsAbove(t, remote, queries[q:q+1], least)[0]
			require.NotEmpty(t, want)
			require.Len(t, got, len(want))
			for id, score := range want {
				own, found := got[id]
				if !found || math.Abs(float64(own-score)) > 1e-5 {
					t.Fatalf("at %v: row %d is in the folder at %v, in Milvus at %v (found: %v)", least, id, score, own, found)
				}
			}
			t.Logf("query %d, similarity %.6f: the same %d rows", q, least, len(want))
		}
	}
}

// clustered makes a folder of rows whose images are random directions; every 50th lies about one
// direction, at cosines of 0.4 to 1.
func clustered(t *testing.T, rows, dimension int) *vectors.Store {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 12))
	dir := t.TempDir()
	w, err := vectors.NewPartitionWriter(dir, 0, 1, dimension, true, false)
	require.NoError(t, err)
	centre := direction(rng, dimension)
	for i := range rows {
		v := direction(rng, dimension)
		if i%50 == 0 {
			for j := range v {
				v[j] = centre[j] + 2*rng.Float32()*v[j]
			}
			normalize(v)
		}
		require.NoError(t, w.Append(v, nil, retriever.Row{Caption: "a row"}))
	}
	_, err = w.Close()
	require.NoError(t, err)
	s, err := vectors.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// batchesOf streams a folder.
func batchesOf(folder *vectors.Store) Source {
	return func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		return folder.Batches(ctx, 4096, visit)
	}
}

func direction(rng *rand.Rand, dimension int) []float32 {
	v := make([]float32, dimension)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	normalize(v)
	return v
}

func normalize(v []float32) {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(square))
	}
}

// rowsAbove gives each query's rows with their similarities.
func rowsAbove(t *testing.T, s retriever.Counter, queries [][]float32, least float32) []map[int64]float32 {
	t.Helper()
	found := make([]map[int64]float32, len(queries))
	for q := range found {
		found[q] = map[int64]float32{}
	}
	require.NoError(t, s.Range(t.Context(), retriever.Image, queries, least, func(q int, h retriever.Hit) error {
		if _, twice := found[q][h.ID]; twice {
			t.Errorf("row %d comes twice", h.ID)
		}
		found[q][h.ID] = h.Score
		return nil
	}))
	return found
}

// gap is a similarity at or below another that has no row within 1e-6, so that rounding decides
// nothing.
func gap(rows map[int64]float32, near float32) float32 {
	scores := []float32{near}
	for _, score := range rows {
		if score < near {
			scores = append(scores, score)
		}
	}
	slices.Sort(scores)
	for i := len(scores) - 1; i > 0; i-- {
		if scores[i]-scores[i-1] > 4e-6 {
			return (scores[i] + scores[i-1]) / 2
		}
	}
	return -1
}
