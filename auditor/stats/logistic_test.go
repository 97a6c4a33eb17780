package stats

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func logOfCounts(counts []float64) []float64 {
	x := make([]float64, len(counts))
	for i, c := range counts {
		x[i] = math.Log10(c + 1)
	}
	return x
}

func TestLogisticAgreesWithStatsmodels(t *testing.T) {
	for _, c := range readGolden(t).Logistic {
		t.Run(c.Name, func(t *testing.T) {
			f, err := FitLogistic(logOfCounts(c.Count), c.Detected)
			if c.NoFit {
				require.ErrorIs(t, err, ErrNoFit)
				return
			}
			require.NoError(t, err)
			checkFit(t, c, f)
			checkIntervals(t, c, f)
		})
	}
}

func checkFit(t *testing.T, c logisticCase, f Logistic) {
	near(t, c.Coef[0], f.Intercept, 1e-6, "intercept")
	near(t, c.Coef[1], f.Slope, 1e-6, "slope")
	se0, se1 := f.SE()
	near(t, c.SE[0], se0, 1e-6, "se of intercept")
	near(t, c.SE[1], se1, 1e-6, "se of slope")
	near(t, c.Cov[0][1], f.Cov[0][1], 1e-6, "covariance")
	near(t, c.LogLik, f.LogLik, 1e-6, "log likelihood")
	near(t, c.Null, f.LogLikNull, 1e-6, "null log likelihood")
	near(t, c.LRP, f.LikelihoodRatioP(), 1e-6, "likelihood ratio p")
	require.InEpsilon(t, c.P[1], f.SlopeP(), 1e-5, "Wald p")
	near(t, c.McFadden, f.McFadden(), 1e-6, "McFadden")
	for count, want := range c.Predict {
		n, err := strconv.ParseFloat(count, 64)
		require.NoError(t, err)
		near(t, want, f.Predict(math.Log10(n+1)), 1e-6, "prediction at "+count)
	}
}

func checkIntervals(t *testing.T, c logisticCase, f Logistic) {
	wald := f.SlopeWald(0.95)
	near(t, c.WaldCI[1][0], wald.Low, 1e-6, "Wald low")
	near(t, c.WaldCI[1][1], wald.High, 1e-6, "Wald high")
	near(t, c.WaldCI[0][0], f.InterceptWald(0.95).Low, 1e-6, "Wald low of intercept")
	profile := f.SlopeProfile(0.95)
	near(t, c.Profile[0], profile.Low, 1e-6, "profile low")
	near(t, c.Profile[1], profile.High, 1e-6, "profile high")
	fieller := f.Count50(0.95)
	near(t, c.Count50, fieller.Value, 1e-6, "count at 50 %")
	if c.FiellerCI == nil {
		require.True(t, math.IsNaN(fieller.Low))
		require.NotEmpty(t, fieller.Warnings)
		return
	}
	near(t, c.FiellerCI[0], fieller.Low, 1e-6, "Fieller low")
	near(t, c.FiellerCI[1], fieller.High, 1e-6, "Fieller high")
	delta := f.Count50Delta(0.95)
	near(t, c.DeltaCI[0], delta.Low, 1e-6, "delta low")
	near(t, c.DeltaCI[1], delta.High, 1e-6, "delta high")
}

func TestLogisticRefusals(t *testing.T) {
	for name, c := range map[string]struct{ x, y []float64 }{
		"nothing":              {nil, nil},
		"one x":                {[]float64{2, 2, 2}, []float64{0, 1, 1}},
		"touching at one x":    {[]float64{0, 1, 1, 2}, []float64{0, 0, 1, 1}},
		"separated, falling":   {[]float64{0, 1, 2, 3}, []float64{1, 1, 0, 0}},
		"an outcome of a half": {[]float64{0, 1}, []float64{0.5, 1}},
		"an undefined outcome": {[]float64{0, 1}, []float64{math.NaN(), 1}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := FitLogistic(c.x, c.y)
			require.ErrorIs(t, err, ErrNoFit)
		})
	}
}
