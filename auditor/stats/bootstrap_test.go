package stats

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func resampled(times int) Resampling { return Resampling{Confidence: 0.95, Times: times, Seed: 1} }

func TestResamplingStops(t *testing.T) {
	done := make(chan struct{})
	close(done)
	r := Resampling{Confidence: 0.95, Times: 50_000_000, Seed: 1, Done: done} // minutes of work if it went on
	x, y := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, []float64{2, 1, 4, 3, 6, 5, 8, 7, 9}
	Spearman(x, y, r)
	SpearmanPermutation(x, y, r)
	TPRAtFPREstimate(x, y, 0.1, r)
	TwoStage([][]float64{{0, 1}}, 1, r)
}

func TestBootstrapOfAMeanNearsTheory(t *testing.T) {
	// The values 1..100 have mean 50.5 and population variance (100^2-1)/12 = 833.25, so the mean's
	// standard error is sqrt(8.3325) = 2.887 and its normal 95 % interval is 50.5 -+ 5.66.
	e := Bootstrap(100, resampled(4000), func(rows []int) float64 {
		sum := 0.0
		for _, r := range rows {
			sum += float64(r + 1)
		}
		return sum / float64(len(rows))
	})
	require.Equal(t, 50.5, e.Value)
	require.InDelta(t, 50.5-5.66, e.Low, 0.4)
	require.InDelta(t, 50.5+5.66, e.High, 0.4)
}

func TestTwoStageCountsClustersNotRows(t *testing.T) {
	// Ten persons of ten photos each, five always detected and five never: the interval is that of
	// a binomial with n = 10 and p = 1/2, whose 2.5 % and 97.5 % quantiles are 2 and 8.
	outcomes := make([][]float64, 10)
	for i := range outcomes {
		outcomes[i] = make([]float64, 10)
		for j := range outcomes[i] {
			outcomes[i][j] = float64(i % 2)
		}
	}
	e := TwoStage(outcomes, 0.5, resampled(4000))
	require.InDelta(t, 0.2, e.Low, 0.02)
	require.InDelta(t, 0.8, e.High, 0.02)
	require.Equal(t, 10, e.N)

	// Every person is detected, but on half of the photo resamples only: the resamples' means are
	// those of 100 fair coins, 0.5 -+ 0.1, moved onto the estimate and cut at 1.
	for i := range outcomes {
		outcomes[i] = []float64{0, 1}
	}
	e = TwoStage(slices.Repeat(outcomes, 10), 1, resampled(4000))
	require.InDelta(t, 0.9, e.Low, 0.011)
	require.Equal(t, 1.0, e.High)

	require.NotEmpty(t, TwoStage([][]float64{{0}, {0}}, 0, resampled(100)).Warnings, "an interval without width is said")
	require.False(t, TwoStage(nil, 0, resampled(10)).Defined())
}

func TestBootstrapSaysWhatItLeftOut(t *testing.T) {
	e := Bootstrap(2, resampled(200), func(rows []int) float64 {
		if rows[0] == rows[1] {
			return math.NaN()
		}
		return 1
	})
	require.NotEmpty(t, e.Warnings)
	require.False(t, Bootstrap(0, resampled(10), func([]int) float64 { return 0 }).Defined())
	never := Bootstrap(2, resampled(10), func([]int) float64 { return math.NaN() })
	require.NotEmpty(t, never.Warnings)
}

func TestQuantileIsNumpys(t *testing.T) {
	// numpy.quantile([1, 2, 3, 4], 0.1) = 1 + 0.1*3 = 1.3.
	require.InDelta(t, 1.3, Quantile([]float64{1, 2, 3, 4}, 0.1), 1e-12)
}
