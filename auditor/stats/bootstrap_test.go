package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBootstrapOfAMeanNearsTheory(t *testing.T) {
	// The values 1..100 have mean 50.5 and population variance (100^2-1)/12 = 833.25, so the mean's
	// standard error is sqrt(8.3325) = 2.887 and its normal 95 % interval is 50.5 -+ 5.66.
	e := Bootstrap(100, 0.95, 4000, 1, func(rows []int) float64 {
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

func TestClusterBootstrapIsWiderThanRowsAlone(t *testing.T) {
	// Ten clusters of ten equal rows, five of ones and five of zeros: ten independent observations
	// in truth, so the interval is that of a binomial with n = 10 (quantiles .2 and .8), not n = 100.
	clusters := make([]Cluster, 10)
	for i := range clusters {
		clusters[i].Size = 10
	}
	e := ClusterBootstrap(clusters, 0.5, 0.95, 4000, 1, func(drawn []Resample) float64 {
		sum := 0.0
		for _, d := range drawn {
			sum += float64(len(d.Members)*(d.Cluster%2)) / 100
		}
		return sum
	})
	require.InDelta(t, 0.2, e.Low, 1e-9)
	require.InDelta(t, 0.8, e.High, 1e-9)
	require.Equal(t, 10, e.N)
}

func TestBootstrapSaysWhatItLeftOut(t *testing.T) {
	e := Bootstrap(2, 0.95, 200, 1, func(rows []int) float64 {
		if rows[0] == rows[1] {
			return math.NaN()
		}
		return 1
	})
	require.NotEmpty(t, e.Warnings)
	require.False(t, Bootstrap(0, 0.95, 10, 1, func([]int) float64 { return 0 }).Defined())
	never := Bootstrap(2, 0.95, 10, 1, func([]int) float64 { return math.NaN() })
	require.NotEmpty(t, never.Warnings)
}

func TestQuantileIsNumpys(t *testing.T) {
	// numpy.quantile([1, 2, 3, 4], 0.1) = 1 + 0.1*3 = 1.3.
	require.InDelta(t, 1.3, Quantile([]float64{1, 2, 3, 4}, 0.1), 1e-12)
}
