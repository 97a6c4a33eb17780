package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// withCovariates is the reference data set "typical" on log10(count + 1), with two made-up
// covariates: the parity and the sine of the row number.
func withCovariates(t *testing.T) (x [][]float64, y []float64) {
	t.Helper()
	for _, c := range readGolden(t).Logistic {
		if c.Name != "typical" {
			continue
		}
		for i, v := range logOfCounts(c.Count) {
			x = append(x, []float64{v, float64(i % 2), math.Sin(float64(i))})
		}
		return x, c.Detected
	}
	t.Fatal("no data set called typical")
	return nil, nil
}

// The figures are of statsmodels 0.14 (Logit) and, for profiles and Firth's penalty, of scipy's
// optimisers on the likelihood as it is written.
func TestMultiLogisticAgreesWithStatsmodels(t *testing.T) {
	x, y := withCovariates(t)
	f, err := FitMultiLogistic(x, y)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{-0.3763100300384342, 0.8893886210876487, 0.22690003197838368, 0.2878493499257597}, f.Coef, 1e-6)
	near(t, -92.17070694395989, f.LogLik, 1e-6, "log likelihood")
	near(t, 0.5275842468637383, f.LikelihoodRatioP(2), 1e-6, "likelihood ratio p")
	slope, parity := f.Profile(1, 0.95), f.Profile(2, 0.95)
	require.InDeltaSlice(t, []float64{0.35060019463204045, 1.4578894116484666}, []float64{slope.Low, slope.High}, 1e-6)
	require.InDeltaSlice(t, []float64{-0.4769720102913573, 0.9388234878948485}, []float64{parity.Low, parity.High}, 1e-6)
	require.Equal(t, 165, slope.N)
}

func TestFirthAgreesWithScipy(t *testing.T) {
	x, y := withCovariates(t)
	f, err := FitFirth(x, y)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{-0.36268113661746226, 0.862514412883249, 0.2193576457129251, 0.2790696510876817}, f.Coef, 1e-6)
	near(t, -86.77502611746144, f.LogLik, 1e-6, "penalised log likelihood")
	slope := f.Profile(1, 0.95)
	require.InDeltaSlice(t, []float64{0.3331964327237261, 1.420562767391624}, []float64{slope.Low, slope.High}, 1e-6)
}

// separatedData: the first covariate separates the outcomes.
func separatedData() (x [][]float64, y []float64) {
	for i := range 24 {
		x = append(x, []float64{float64(i / 6), float64(i % 3)})
		y = append(y, float64(i/12))
	}
	return x, y
}

func TestFirthHasAnEstimateUnderSeparation(t *testing.T) {
	x, y := separatedData()
	_, err := FitMultiLogistic(x, y)
	require.ErrorIs(t, err, ErrNoFit)
	f, err := FitFirth(x, y)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{-6.304267221367569, 4.202844820389168, 0}, f.Coef, 1e-6)
	first, second := f.Profile(1, 0.95), f.Profile(2, 0.95)
	require.InDeltaSlice(t, []float64{1.6239584045174298, 10.508631024146519}, []float64{first.Low, first.High}, 1e-5)
	require.InDeltaSlice(t, []float64{-3.8760082124921875, 3.876008212492459}, []float64{second.Low, second.High}, 1e-5)
	require.InEpsilon(t, 9.02686318353689e-07, f.LikelihoodRatioP(1), 1e-5, "likelihood ratio p")
}

func TestFirthOfTwoGroupsAddsHalves(t *testing.T) {
	// Of one binary covariate the penalty is known to add 1/2 to each cell: 0 of 6 against 3 of 5
	// gives log(3.5/2.5) - log(0.5/6.5).
	var x [][]float64
	for i := range 11 {
		x = append(x, []float64{float64(min(1, i/6))})
	}
	f, err := FitFirth(x, []float64{0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0})
	require.NoError(t, err)
	require.InDelta(t, math.Log(0.5/6.5), f.Coef[0], 1e-9)
	require.InDelta(t, math.Log(3.5/2.5)-math.Log(0.5/6.5), f.Coef[1], 1e-9)
}

func TestMultiLogisticRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		x [][]float64
		y []float64
	}{
		"nothing":           {nil, nil},
		"one outcome":       {[][]float64{{1}, {2}, {3}, {4}}, []float64{1, 1, 1, 1}},
		"too few":           {[][]float64{{1, 2}, {2, 1}, {3, 3}}, []float64{1, 0, 1}},
		"ragged":            {[][]float64{{1}, {2}, {3, 4}, {4}}, []float64{1, 0, 1, 0}},
		"one twice another": {[][]float64{{1, 2}, {2, 4}, {3, 6}, {1, 2}, {2, 4}, {5, 10}}, []float64{1, 0, 1, 0, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, fit := range []func([][]float64, []float64) (MultiLogistic, error){FitMultiLogistic, FitFirth} {
				_, err := fit(c.x, c.y)
				require.ErrorIs(t, err, ErrNoFit)
			}
		})
	}
}
