package stats

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAUCAgreesWithReference(t *testing.T) {
	for _, c := range readGolden(t).AUC {
		e := AUC(c.Pos, c.Neg, 0.95)
		near(t, c.AUC, e.Value, 1e-9, "AUC")
		_, variance := DeLong(c.Pos, c.Neg)
		near(t, c.Variance, variance, 1e-9, "variance")
		near(t, c.CI[0], e.Low, 1e-9, "low")
		near(t, c.CI[1], e.High, 1e-9, "high")
		require.Equal(t, len(c.Pos)+len(c.Neg), e.N)
		onLogit := AUCLogit(c.Pos, c.Neg, 0.95)
		if c.LogitCI == nil {
			require.True(t, math.IsNaN(onLogit.Low))
			require.NotEmpty(t, e.Warnings, "an interval without width must be said")
		} else {
			near(t, c.LogitCI[0], onLogit.Low, 1e-9, "logit low")
			near(t, c.LogitCI[1], onLogit.High, 1e-9, "logit high")
		}
		near(t, c.MW, MannWhitneyP(c.Pos, c.Neg), 1e-9, "Mann-Whitney p")
		for limit, want := range c.TPRAtFPR {
			f, err := strconv.ParseFloat(limit, 64)
			require.NoError(t, err)
			near(t, want, TPRAtFPR(c.Pos, c.Neg, f), 1e-9, "TPR at FPR "+limit)
		}
	}
}

func TestROCByHand(t *testing.T) {
	// Scores 3 and 2 are positives, 2 and 1 negatives.
	require.Equal(t, []ROCPoint{{3, 0.5, 0}, {2, 1, 0.5}, {1, 1, 1}}, ROC([]float64{2, 3}, []float64{1, 2}))
	require.Empty(t, ROC(nil, []float64{1}))
	require.False(t, AUC(nil, []float64{1}, 0.95).Defined())
	// 2 beats 1 and ties 2, 3 beats both: (1 + 1/2 + 2)/4 = 0.875.
	require.InDelta(t, 0.875, AUC([]float64{2, 3}, []float64{1, 2}, 0.95).Value, 1e-12)
}

func TestTPRAtFPREstimate(t *testing.T) {
	// Without overlap every resample keeps a TPR of 1.
	e := TPRAtFPREstimate([]float64{5, 6, 7}, []float64{1, 2}, 0.1, resampled(200))
	require.Equal(t, []float64{1, 1, 1}, []float64{e.Value, e.Low, e.High})
	require.Equal(t, 2, e.N)
	require.NotEmpty(t, e.Warnings, "2 non-members cannot show an FPR of 0.1")
	require.False(t, TPRAtFPREstimate(nil, []float64{1}, 0.1, resampled(10)).Defined())
}
