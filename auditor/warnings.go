package auditor

import (
	"fmt"

	"rollcall/auditor/stats"
)

// warnings says what a reader must know before using the summary.
func warnings(o Options, s Summary) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if s.PhotosFailed > 0 {
		say("%d of %d photos could not be used", s.PhotosFailed, s.Photos+s.PhotosFailed)
	}
	if s.WithoutPhotos > 0 {
		say("%s of the roster had no usable photo and were not measured", personsOf(s.WithoutPhotos))
	}
	if s.Members == 0 {
		say("no labelled members: the true-positive rate was not measured")
	}
	if w := falsePositives(o, s); w != "" {
		out = append(out, w)
	}
	if s.NonMembers > 0 && s.Members > 0 {
		switch tpr, fpr := s.Rates.TPR, s.Rates.FPR; {
		case tpr.High < fpr.Low:
			say("non-members are detected more often than members: the labels do not fit this model's training data")
		case tpr.Low <= fpr.High:
			say("the intervals of TPR and FPR overlap: this run does not tell members from non-members")
		}
	}
	if c := s.Calibration; c != nil {
		out = append(out, calibrationWarnings(o, s, c)...)
	}
	if f := s.Frequency; f != nil && f.NoLogistic != "" {
		say("detection against frequency: %s", f.NoLogistic)
	}
	return out
}

// falsePositives says how little few non-members can show.
func falsePositives(o Options, s Summary) string {
	n, x := s.NonMembers, s.Confusion.FP
	switch {
	case n == 0:
		return "no labelled non-members: the false-positive rate was not measured, so a detection accuses nobody"
	case x > 0 && n >= stats.RuleOfThree(0.01):
		return ""
	case n < stats.RuleOfThree(0.01) && x == 0, n < stats.RuleOfThree(0.001) && x == 0:
		return fmt.Sprintf("0 of %d false positives: upper bound %s (two-sided %v %% interval); \"below 1 %%\" takes %d non-members without a false positive, \"below 0.1 %%\" %d",
			n, percent(s.Rates.FPR.High), o.Confidence*100, stats.RuleOfThree(0.01), stats.RuleOfThree(0.001))
	case x > 0:
		return fmt.Sprintf("%d of %d false positives: the %v %% interval of the false-positive rate reaches from %s to %s", x, n, o.Confidence*100, percent(s.Rates.FPR.Low), percent(s.Rates.FPR.High))
	}
	return ""
}

func calibrationWarnings(o Options, s Summary, c *Calibration) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if c.Decoys < 99 {
		say("somebody was ranked against %d decoys only: the smallest possible p-value is %.3g", c.Decoys, c.SmallestP)
	}
	if k := c.NonMembersKS; k.N >= 8 && float64(k.P) < 0.01 {
		say("the non-members' p-values are not uniform (Kolmogorov-Smirnov %s, n = %d): p and q are in doubt. Decoys unlike the roster's names do this, wrong labels do, and so does chance in 1 of 100 runs", pValue(float64(k.P)), k.N)
	}
	if s.NonMembers > 0 && s.NonMembers < 1000 {
		say("%d non-members cannot show a false-positive rate of 0.1 %%: \"TPR at 0.1 %% FPR\" is the TPR above every non-member", s.NonMembers)
	}
	if s.Persons < 2 {
		say("one person: the control of the name on other persons' photos was not made")
	}
	return out
}

// pValue writes a p-value; far below what its computation resolves it is a bound.
func pValue(p float64) string {
	if p < 1e-9 {
		return "p < 1e-9"
	}
	return fmt.Sprintf("p = %.2g", p)
}

// percent writes a share as people read it: three figures at most.
func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }
