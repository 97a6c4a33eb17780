package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// McNemarP is the exact two-sided p-value of a paired comparison: b pairs changed one way, c the
// other; under no difference b follows Binomial(b+c, 1/2). 1 when no pair changed.
func McNemarP(b, c int) float64 {
	if b+c == 0 {
		return 1
	}
	tail := distuv.Binomial{N: float64(b + c), P: 0.5}.CDF(math.Min(float64(b), float64(c)))
	return min(1, 2*tail)
}
