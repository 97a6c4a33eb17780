package stats

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpearmanAgreesWithReference(t *testing.T) {
	for i, c := range readGolden(t).Spearman {
		t.Run(fmt.Sprintf("case %d, n=%d", i, len(c.X)), func(t *testing.T) {
			rho := SpearmanRho(c.X, c.Y)
			near(t, c.Rho, rho, 1e-9, "rho")
			near(t, c.PT, SpearmanT(rho, len(c.X)), 1e-9, "t approximation")
			two, greater := SpearmanPermutation(c.X, c.Y, resampled(20000))
			if c.PExact != nil {
				near(t, *c.PExact, two, 1e-9, "exact two-sided")
				near(t, *c.PExactUp, greater, 1e-9, "exact greater")
			}
			// Monte Carlo figures: the reference says to compare with tolerance 0.02.
			if c.PPermutation != nil {
				require.InDelta(t, *c.PPermutation, two, 0.02)
			}
			if c.Bootstrap != nil {
				e := Spearman(c.X, c.Y, resampled(2000))
				require.InDelta(t, c.Bootstrap[0], e.Low, 0.02)
				require.InDelta(t, c.Bootstrap[1], e.High, 0.02)
				require.Equal(t, e, Spearman(c.X, c.Y, resampled(2000)), "the same seed gives the same interval")
			}
		})
	}
}

func TestSpearmanOfConstantsIsUndefined(t *testing.T) {
	require.True(t, math.IsNaN(SpearmanRho([]float64{1, 1, 1}, []float64{1, 2, 3})))
	e := Spearman([]float64{1, 1, 1}, []float64{1, 2, 3}, resampled(100))
	require.False(t, e.Defined())
	require.NotEmpty(t, e.Warnings)
}
