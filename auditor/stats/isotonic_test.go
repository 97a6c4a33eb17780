package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIsotonicAgreesWithScikit(t *testing.T) {
	for _, c := range readGolden(t).Isotonic {
		plain, weighted := FitIsotonic(c.X, c.Y, nil), FitIsotonic(c.X, c.Y, c.W)
		for i, x := range c.X {
			near(t, c.Fit[i], plain.At(x), 1e-9, "fit")
			near(t, c.FitWeighted[i], weighted.At(x), 1e-9, "weighted fit")
		}
		for i, x := range c.Query {
			near(t, c.Pred[i], plain.At(x), 1e-9, "prediction")
		}
	}
}

func TestIsotonicOfNothing(t *testing.T) {
	require.True(t, math.IsNaN(FitIsotonic(nil, nil, nil).At(1)))
}
