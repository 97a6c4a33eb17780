package retriever

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThresholdForFMR(t *testing.T) {
	var s []float32
	for i := range 1000 { // 0.000, 0.001, ... 0.999 in any order
		s = append(s, float32(i)/1000)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(s), func(i, k int) { s[i], s[k] = s[k], s[i] })

	got, err := ThresholdForFMR(s, 0.01) // 10 of 1,000 may reach it: .990 to .999
	require.NoError(t, err)
	require.Greater(t, got.Value, float32(0.989))
	require.LessOrEqual(t, got.Value, float32(0.990))
	require.Equal(t, Threshold{Value: got.Value, FMR: 0.01, Observed: 0.01, Pairs: 1000}, got)

	got, err = ThresholdForFMR(s, 0.001)
	require.NoError(t, err)
	require.InDelta(t, 0.001, got.Observed, 0)
}

// Equal similarities stay on one side: the rate may come out lower than asked, never higher.
func TestThresholdForFMRTies(t *testing.T) {
	got, err := ThresholdForFMR([]float32{.1, .2, .5, .5, .5, .5, .5, .5, .5, .5}, 0.25)
	require.NoError(t, err)
	require.Greater(t, got.Value, float32(.5))
	require.Zero(t, got.Observed)
}

func TestThresholdForFMRRefuses(t *testing.T) {
	_, err := ThresholdForFMR(make([]float32, 9999), 1e-4)
	require.ErrorContains(t, err, "needs at least 10000 pairs that do not match, and there are 9999")
	_, err = ThresholdForFMR(make([]float32, 10000), 1e-4)
	require.NoError(t, err)
	for _, bad := range []float64{0, -1, 1, math.NaN()} {
		_, err = ThresholdForFMR(make([]float32, 10), bad)
		require.ErrorContains(t, err, "cannot be had")
	}
	_, err = ThresholdForFMR([]float32{1, float32(math.NaN())}, 0.5)
	require.ErrorContains(t, err, "not a number")
	_, err = ThresholdForFMR([]float32{.1, 1, .3, 1}, 0.25) // one photo under two names
	require.ErrorContains(t, err, "2 of 4 pairs that should not match have a cosine of 1")
}

// Photos at 0 and 90 degrees, 60, and an unusable one: cos 60 = .5 and cos 30 = .866 are the pairs
// of different persons.
func TestPersonPairs(t *testing.T) {
	refs := []References{{Vectors: [][]float32{at(0), at(90)}}, {}, {Vectors: [][]float32{nil, at(60)}}}
	got, photos, err := PersonPairs(t.Context(), refs, 1)
	require.NoError(t, err)
	require.Zero(t, photos)
	slices.Sort(got)
	require.InDeltaSlice(t, []float32{0.5, float32(math.Sqrt(3) / 2)}, got, 1e-6)
}

// Two persons with 6,000 photos each would make 36,000,000 pairs; 5,792 * 5,792 = 33,547,264 are the
// most below 2^25 = 33,554,432. A third person's three photos stay, and add 3 * 2 * 5,789: with those it is
// 5,789 of each, 33,512,521 + 34,734 = 33,547,255, where 5,790 would be 33,558,840.
func TestPersonPairsAreBounded(t *testing.T) {
	one := []float32{1}
	refs := []References{{Vectors: slices.Repeat([][]float32{one}, 6000)}, {Vectors: slices.Repeat([][]float32{one}, 6000)}}
	got, photos, err := PersonPairs(t.Context(), refs, 1)
	require.NoError(t, err)
	require.Equal(t, []int{5792, 33547264}, []int{photos, len(got)})
	refs = append(refs, References{Vectors: [][]float32{one, one, one}})
	got, photos, err = PersonPairs(t.Context(), refs, 1)
	require.NoError(t, err)
	require.Equal(t, []int{5789, 33547255}, []int{photos, len(got)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = PersonPairs(ctx, refs, 1)
	require.ErrorIs(t, err, context.Canceled)
}
