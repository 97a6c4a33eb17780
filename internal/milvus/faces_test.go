package milvus

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// Both stores of faces are these to the commands.
var (
	_ retriever.FaceSearcher = (*Faces)(nil)
	_ retriever.FaceCounter  = (*Faces)(nil)
	_ retriever.RowFaces     = (*Faces)(nil)
	_ retriever.FaceSource   = (*Faces)(nil)
)

// 5,000 faces, two to a row, published and asked for in every way; the answers are those of comparing
// every face here.
func TestFacesInMilvus(t *testing.T) {
	t.Parallel()
	client := dial(t)
	const n, dimension = 5000, 16
	random := rand.New(rand.NewPCG(1, 2))
	direction := func() []float32 {
		v := make([]float32, dimension)
		for i := range v {
			v[i] = float32(random.NormFloat64())
		}
		return v
	}
	faces, vectors := make([]retriever.StoredFace, n), make([][]float32, n)
	for i := range faces {
		x := float32(i)
		faces[i] = retriever.StoredFace{ID: int64(i), Row: int64(i / 2), Score: 0.75, Box: retriever.Box{Left: x + 0.25, Top: -x, Width: 7, Height: x}}
		vectors[i] = direction()
	}
	name := fmt.Sprintf("men_%d", random.Uint64())
	none, err := OpenFaces(t.Context(), client, name)
	require.NoError(t, err)
	require.Nil(t, none)
	spec := FacesSpec{Name: name, Generation: "g1", Fingerprint: "index", Bundle: "models", Dimension: dimension, Faces: n}
	source := func(_ context.Context, visit func(retriever.StoredFace, []float32) error) error {
		for i := range faces {
			if err := visit(faces[i], vectors[i]); err != nil {
				return err
			}
		}
		return nil
	}
	require.NoError(t, client.PublishFaces(t.Context(), spec, source))
	opened, err := OpenFaces(t.Context(), client, name)
	require.NoError(t, err)
	require.Equal(t, []string{"index", "models"}, []string{opened.Fingerprint(), opened.Bundle()})

	queries := [][]float32{vectors[4321], direction()}
	score := func(q, i int) float64 {
		var ab, aa, bb float64
		for k, x := range queries[q] {
			a, b := float64(x), float64(vectors[i][k])
			ab, aa, bb = ab+a*b, aa+a*a, bb+b*b
		}
		return ab / math.Sqrt(aa*bb)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	top, err := opened.TopFaces(t.Context(), queries, 5)
	require.NoError(t, err)
	for q := range queries {
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score(q, b), score(q, a)) })
		require.Len(t, top[q], 5)
		for i, h := range top[q] {
			require.Equal(t, faces[order[i]], h.StoredFace)
			require.InDelta(t, score(q, order[i]), h.Similarity, 1e-5)
		}
	}
	want, got := map[[2]int]bool{}, map[[2]int]bool{}
	for q := range queries {
		for i := range faces {
			if score(q, i) >= 0.3 {
				want[[2]int{q, i}] = true
			}
		}
	}
	require.NoError(t, opened.RangeFaces(t.Context(), queries, 0.3, func(q int, h retriever.FaceHit) error {
		require.Equal(t, faces[h.ID], h.StoredFace)
		got[[2]int{q, int(h.ID)}] = true
		return nil
	}))
	require.NotEmpty(t, want)
	require.Equal(t, want, got)

	var seen []int64
	note := func(f retriever.StoredFace, v []float32) error {
		require.Equal(t, faces[f.ID], f)
		require.InDeltaSlice(t, vectors[f.ID], v, 1e-6)
		seen = append(seen, f.ID)
		return nil
	}
	require.NoError(t, opened.FacesOf(t.Context(), []int64{0, 7, 2499, 9999}, note))
	require.NoError(t, opened.FacesAt(t.Context(), []int64{3, 4998}, note))
	require.Equal(t, []int64{0, 1, 14, 15, 4998, 4999, 3, 4998}, seen)

	require.NoError(t, client.DropFaces(t.Context(), name))
	none, err = OpenFaces(t.Context(), client, name)
	require.NoError(t, err)
	require.Nil(t, none)
	names, err := client.sdk.ListCollections(t.Context())
	require.NoError(t, err)
	for _, c := range names {
		require.NotContains(t, c.Name, name)
	}
}
