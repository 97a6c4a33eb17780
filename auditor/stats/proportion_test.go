package stats

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProportionsAgreeWithStatsmodels(t *testing.T) {
	for _, c := range readGolden(t).Proportions {
		t.Run(fmt.Sprintf("%d of %d at %v", c.X, c.N, c.Confidence), func(t *testing.T) {
			exact := ClopperPearson(c.X, c.N, c.Confidence)
			near(t, c.ClopperPearson[0], exact.Low, 1e-9, "exact low")
			near(t, c.ClopperPearson[1], exact.High, 1e-9, "exact high")
			require.Equal(t, c.N, exact.N)
			score := Wilson(c.X, c.N, c.Confidence)
			near(t, c.Wilson[0], score.Low, 1e-9, "score low")
			near(t, c.Wilson[1], score.High, 1e-9, "score high")
			near(t, c.Upper, UpperBound(c.X, c.N, c.Confidence), 1e-9, "upper")
			near(t, c.Lower, LowerBound(c.X, c.N, c.Confidence), 1e-9, "lower")
		})
	}
}

func TestProportionByHand(t *testing.T) {
	// With no events the upper bound solves (1-p)^n = 0.025: p = 1 - 0.025^(1/8) = 0.36942.
	require.InDelta(t, 0.36942, ClopperPearson(0, 8, 0.95).High, 5e-6)

	nobody := ClopperPearson(0, 0, 0.95)
	require.False(t, nobody.Defined())
	require.Equal(t, []float64{0, 1}, []float64{nobody.Low, nobody.High}, "no data allow every rate")
	require.NotEmpty(t, nobody.Warnings)
}

func TestRuleOfThree(t *testing.T) {
	require.Equal(t, 300, RuleOfThree(0.01))
	require.Equal(t, 3000, RuleOfThree(0.001))
	// It keeps its word: after 300 trials without an event the one-sided bound is below 1 %, after
	// 298 it is not (0.05^(1/298) = 0.98999).
	require.Less(t, UpperBound(0, 300, 0.95), 0.01)
	require.Greater(t, UpperBound(0, 298, 0.95), 0.01)
}

func TestMeanShareIsExactForWholeNumbers(t *testing.T) {
	whole, exact := MeanShare(3, 300, 0.95), ClopperPearson(3, 300, 0.95)
	require.Equal(t, []float64{exact.Low, exact.High}, []float64{whole.Low, whole.High})
	between := MeanShare(3.5, 300, 0.95)
	require.Greater(t, between.High, exact.High)
	require.Less(t, between.High, ClopperPearson(4, 300, 0.95).High)
	require.InDelta(t, 3.5/300, between.Value, 1e-15)
	require.Greater(t, MeanShare(0, 166, 0.95).High, 0.02, "no event among 166 still allows 2 %")
	require.False(t, MeanShare(0, 0, 0.95).Defined())
}
