package report

import (
	"fmt"

	"rollcall/auditor"
)

// line is one figure of a summary with its name.
type line struct{ What, Value string }

// headline are the figures that every rendering shows first, each with interval and n.
func headline(s auditor.Summary) []line {
	lines := []line{
		{"true-positive rate", rate(s.Rates.TPR)},
		{"false-positive rate", rate(s.Rates.FPR)},
		{"accuracy", rate(s.Rates.Accuracy)},
		{"TPR, persons and photos resampled", rate(s.Rates.TPRResampled)},
		{"FPR, persons and photos resampled", rate(s.Rates.FPRResampled)},
		{"chance: decoys detected on the same photos", rate(s.Controls.DecoyRate)},
		{"face swap: members' names on another's photos", rate(s.Controls.SwapMembers)},
		{"face swap: non-members' names on another's photos", rate(s.Controls.SwapNonMembers)},
	}
	if c := s.Calibration; c != nil {
		lines = append(lines, calibrationLines(c)...)
	}
	if f := s.Frequency; f != nil {
		lines = append(lines, frequencyLines(f)...)
	}
	return lines
}

func calibrationLines(c *auditor.Calibration) []line {
	lines := []line{
		{"AUC of the rank p-value", figure(c.AUC)},
		{"AUC of the decoy-standardised score", figure(c.AUCZ)},
		{"AUC of correct prompts", figure(c.AUCCorrectPrompts)},
		{"AUC of the name on other persons' photos", figure(c.AUCOthers)},
		{"TPR at 1 % FPR", rate(c.TPRAt1Percent)},
		{"TPR at 0.1 % FPR", rate(c.TPRAt01Percent)},
		{"persons with q <= 0.05", fmt.Sprintf("%d, of them non-members %d", c.Discoveries, c.FalseDiscoveries)},
	}
	for _, b := range c.Below {
		lines = append(lines, line{fmt.Sprintf("non-members with p <= %v", b.Limit), rate(b.NonMembers)})
	}
	if c.NonMembersKS.N > 0 {
		lines = append(lines, line{"non-members' p-values uniform", fmt.Sprintf("Kolmogorov-Smirnov p = %s (D = %s, n = %d)",
			short(float64(c.NonMembersKS.P)), short(float64(c.NonMembersKS.Distance)), c.NonMembersKS.N)})
	}
	return lines
}

func frequencyLines(f *auditor.Frequency) []line {
	lines := []line{
		{"Spearman, count and correct prompts", figure(f.Spearman) + ", p = " + short(float64(f.SpearmanP))},
		{"Spearman, members alone", figure(f.SpearmanMembers) + ", p = " + short(float64(f.SpearmanMemberP))},
	}
	if f.Logistic == nil {
		return append(lines, line{"count for 50 % detection", notMeasured + ": " + f.NoLogistic})
	}
	count50 := figure(f.Logistic.Count50)
	for _, warning := range f.Logistic.Count50.Warnings {
		count50 += "; " + warning
	}
	return append(lines,
		line{"logistic slope per tenfold count", figure(f.Logistic.Slope) + ", p = " + short(f.Logistic.P)},
		line{"count for 50 % detection", count50})
}
