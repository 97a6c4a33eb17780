package stats

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdjustedPAgreeWithStatsmodels(t *testing.T) {
	for _, c := range readGolden(t).Multiple {
		bh, by, holm := BenjaminiHochberg(c.P), BenjaminiYekutieli(c.P), Holm(c.P)
		for i := range c.P {
			near(t, c.BH[i], bh[i], 1e-9, "Benjamini-Hochberg")
			near(t, c.BY[i], by[i], 1e-9, "Benjamini-Yekutieli")
			near(t, c.Holm[i], holm[i], 1e-9, "Holm")
		}
	}
}

func TestBenjaminiHochbergByHand(t *testing.T) {
	// Sorted .01 .02 .5: times 3/1, 3/2, 3/3 = .03 .03 .5; input order is kept.
	got := BenjaminiHochberg([]float64{0.5, 0.01, 0.02})
	require.InDeltaSlice(t, []float64{0.5, 0.03, 0.03}, got, 1e-12)
	require.Empty(t, BenjaminiHochberg(nil))
}
