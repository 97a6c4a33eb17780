package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Distances and p-values are scipy.stats.kstest's (1.17.1) on the values frac((i+1) a)^power; beyond
// n = 140, where kstest turns to an approximation, p is from scipy's exact matrix method.
func TestKSUniformAgreesWithScipy(t *testing.T) {
	for _, c := range []struct {
		n                     int
		a, power, distance, p float64
	}{
		{5, 0.37, 1, 0.16999999999999998, 0.993546112},
		{10, 0.6180339887, 2, 0.3180339888115682, 0.2129545250703787},
		{40, 0.6180339887, 1.5, 0.16444689452754457, 0.20547254572935447},
		{166, 0.6180339887, 1.2, 0.0684109684749355, 0.40093646543596657},
		{166, 0.6180339887, 1.35, 0.11029630513695049, 0.0325481236034037},
		{320, 0.6180339887, 1.15, 0.05426479672054779, 0.2920972200507893},
	} {
		values := make([]float64, c.n)
		for i := range values {
			values[i] = math.Pow(math.Mod(float64(i+1)*c.a, 1), c.power)
		}
		distance, p := KSUniform(values)
		require.InDelta(t, c.distance, distance, 1e-9)
		require.InDelta(t, c.p, p, 1e-9)
	}
}

func TestKSUniformEnds(t *testing.T) {
	_, p := KSUniform(nil)
	require.True(t, math.IsNaN(p))
	d, p := KSUniform([]float64{1, 1, 1})
	require.Equal(t, 1.0, d)
	require.Zero(t, p)
}
