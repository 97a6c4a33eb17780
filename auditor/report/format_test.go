package report

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/auditor"
	"rollcall/auditor/stats"
)

func TestFormats(t *testing.T) {
	e := stats.Estimate{Value: 0.727, Low: 0.65, High: 0.796, Confidence: 0.95, N: 154}
	require.Equal(t, "72.7 % (65.0 to 79.6 %, n = 154)", rate(e))
	require.Equal(t, "0.727 (0.650 to 0.796, n = 154)", figure(e))
	require.Equal(t, notMeasured, rate(stats.Undefined(0, 0.95, "", "")))
	require.Equal(t, "0.500 (no finite interval, n = 3)", figure(stats.Estimate{Value: 0.5, Low: math.NaN(), N: 3}))
	require.Equal(t, "not measured", drawRate(auditor.DrawRate{Mean: stats.Undefined(0, 0.95, "", "")}))
	for share, want := range map[float64]string{0: "0.0", 1: "100.0", 0.0004: "0.040", 0.006: "0.60", 0.5: "50.0", 1e-17: "0.0"} {
		require.Equal(t, want, percent(share))
	}
	require.Equal(t, "a_b_c.d", fileName("..a/b c.d"))
}
