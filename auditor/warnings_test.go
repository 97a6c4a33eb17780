package auditor

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/auditor/stats"
)

func summaryWith(tp, members, fp, nonMembers int) Summary {
	return Summary{
		Persons: members + nonMembers, Members: members, NonMembers: nonMembers,
		Confusion: Confusion{TP: tp, FN: members - tp, FP: fp, TN: nonMembers - fp},
		Rates: Rates{
			TPR: stats.ClopperPearson(tp, members, 0.95),
			FPR: stats.ClopperPearson(fp, nonMembers, 0.95),
		},
	}
}

func TestWarnings(t *testing.T) {
	o := Options{Confidence: 0.95}
	for name, c := range map[string]struct {
		s    Summary
		want string // "" for no warning at all
	}{
		// 1 - 0.025^(1/8) = 36.9 %.
		"the published eight":       {summaryWith(80, 100, 0, 8), `0 of 8 false positives: upper bound 36.9 % (two-sided 95 % interval); "below 1 %" takes 300 non-members without a false positive, "below 0.1 %" 3000`},
		"hundreds without one":      {summaryWith(80, 100, 0, 400), "0 of 400 false positives: upper bound 0.9 %"},
		"thousands without one":     {summaryWith(80, 100, 0, 3000), ""},
		"thousands with some":       {summaryWith(80, 100, 20, 3000), ""},
		"no non-members":            {summaryWith(80, 100, 0, 0), "accuses nobody"},
		"no members":                {summaryWith(0, 0, 0, 5000), "true-positive rate was not measured"},
		"nothing told apart":        {summaryWith(5, 10, 4, 10), "does not tell members from non-members"},
		"labels of another model":   {summaryWith(1, 100, 70, 100), "the labels do not fit"},
		"few non-members and a hit": {summaryWith(90, 100, 1, 20), "1 of 20 false positives: the 95 % interval"},
		"photos that were left out": {func() Summary { s := summaryWith(80, 100, 0, 3000); s.Photos, s.PhotosFailed = 90, 10; return s }(), "10 of 100 photos could not be used"},
		"persons who were left out": {func() Summary { s := summaryWith(80, 100, 0, 3000); s.WithoutPhotos = 1; return s }(), "1 person of the roster"},
		"p-values that are not even": {func() Summary {
			s := summaryWith(80, 100, 0, 3000)
			s.Calibration = &Calibration{Decoys: 999, NonMembersKS: KS{0.4, 1e-6, 3000}}
			return s
		}(), "not uniform"},
		"few decoys": {func() Summary {
			s := summaryWith(80, 100, 0, 3000)
			s.Calibration = &Calibration{Decoys: 9, SmallestP: 0.1, NonMembersKS: KS{0.01, 0.9, 3000}}
			return s
		}(), "smallest possible p-value is 0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(warnings(o, c.s), "\n")
			if c.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, c.want)
		})
	}
}
