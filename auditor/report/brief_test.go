package report_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/auditor"
	"rollcall/auditor/report"
	"rollcall/auditor/stats"
)

func TestBriefShowsEveryRateWithItsIntervalAndN(t *testing.T) {
	r := &report.Report{Summaries: []auditor.Summary{{
		Model: "m", Persons: 30, Members: 20, NonMembers: 10, Detected: 5,
		// Clopper-Pearson at 95 % by scipy.stats.binomtest(5, 20) and (0, 10).
		Rates: auditor.Rates{
			TPR: stats.Estimate{Value: 0.25, Low: 0.0866, High: 0.4910, N: 20, Confidence: 0.95},
			FPR: stats.Estimate{Value: 0, Low: 0, High: 0.3085, N: 10, Confidence: 0.95},
		},
		Warnings: []string{"too few non-members"},
	}}}
	var out bytes.Buffer
	require.NoError(t, report.Brief(&out, r))
	require.Contains(t, out.String(), "members detected (TPR)             25.0 % (8.7 to 49.1 %, n = 20)")
	require.Contains(t, out.String(), "non-members detected (FPR)         0.0 % (0.0 to 30.9 %, n = 10)")
	require.Contains(t, out.String(), "warning: too few non-members")
	require.Contains(t, out.String(), report.Disclaimer)
}
