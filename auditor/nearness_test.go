package auditor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// alike is a gallery whose vectors share a direction, so that different photos have cosines around
// common*common / (common*common + 1).
func alike(t *testing.T, photos int, common float64) *gallery {
	t.Helper()
	r := rand.New(rand.NewPCG(9, uint64(photos)))
	g := &gallery{}
	for range photos {
		v := make([]float32, 64)
		length := 0.0
		for k := range v {
			x := r.NormFloat64() / 8
			if k == 0 {
				x += common
			}
			v[k] = float32(x)
			length += x * x
		}
		for k := range v {
			v[k] /= float32(math.Sqrt(length))
		}
		require.NoError(t, g.keep("x.jpg", v))
	}
	return g
}

func TestNearDuplicateCosineFollowsTheModel(t *testing.T) {
	few, err := nearDuplicateCosine(t.Context(), alike(t, 99, 6))
	require.NoError(t, err)
	require.Equal(t, retriever.NearDuplicateCosine, few, "99 photos say too little")
	apart, err := nearDuplicateCosine(t.Context(), alike(t, 500, 0))
	require.NoError(t, err)
	require.Equal(t, retriever.NearDuplicateCosine, apart, "a model that keeps pictures apart takes the usual value")

	g := alike(t, 1500, 6) // cosines of different photos: about 36/37
	threshold, err := nearDuplicateCosine(t.Context(), g)
	require.NoError(t, err)
	require.Greater(t, threshold, 36.0/37)
	nearest, err := nearestOthers(t.Context(), g)
	require.NoError(t, err)
	require.Len(t, nearest, 750, "every second")
	above := 0
	for _, cosine := range nearest {
		if float64(cosine) >= threshold {
			above++
		}
	}
	require.LessOrEqual(t, above, 7, "hardly any of 750 different photos is marked: one in a hundred at most")

	// Photos that repeat others, here 1 in 20, must not move it far.
	for i := 0; i < 1500; i += 20 {
		copy(g.vectors[i*64:(i+1)*64], g.vectors[(i+1)*64:(i+2)*64])
	}
	again, err := nearDuplicateCosine(t.Context(), g)
	require.NoError(t, err)
	require.InDelta(t, threshold, again, 0.1*(1-threshold))
	require.Less(t, again, 0.9999, "and a repeated photo is still found")
}
