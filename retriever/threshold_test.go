package retriever

import (
	"math"
	"math/rand/v2"
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
}

// Photos at 0 and 90 degrees, 60, and an unusable one: cos 60 = .5 and cos 30 = .866 are the pairs
// of different persons.
func TestDifferentPersons(t *testing.T) {
	refs := []References{{Vectors: [][]float32{at(0), at(90)}}, {}, {Vectors: [][]float32{nil, at(60)}}}
	var got []float64
	DifferentPersons(refs, func(s float32) { got = append(got, float64(s)) })
	require.InDeltaSlice(t, []float64{0.5, math.Sqrt(3) / 2}, got, 1e-6)
}
