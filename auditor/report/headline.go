package report

import (
	"fmt"
	"strings"

	"rollcall/auditor"
	"rollcall/auditor/stats"
)

// line is one figure of a summary with its name.
type line struct{ What, Value string }

// cautions are an estimate's own warnings, to stand behind it.
func cautions(e stats.Estimate) string {
	if len(e.Warnings) == 0 {
		return ""
	}
	return "; " + strings.Join(e.Warnings, "; ")
}

func rateLine(what string, e stats.Estimate) line { return line{what, rate(e) + cautions(e)} }

func figureLine(what string, e stats.Estimate) line { return line{what, figure(e) + cautions(e)} }

// testedLine is a figure with the p-value of its test.
func testedLine(what string, e stats.Estimate, p float64) line {
	return line{what, figure(e) + ", p = " + short(p) + cautions(e)}
}

// headline are the figures that every rendering shows first, each with interval and n.
func headline(s auditor.Summary) []line {
	lines := []line{
		rateLine("true-positive rate", s.Rates.TPR),
		rateLine("false-positive rate", s.Rates.FPR),
		rateLine("accuracy", s.Rates.Accuracy),
		rateLine("TPR, persons and photos resampled", s.Rates.TPRResampled),
		rateLine("FPR, persons and photos resampled", s.Rates.FPRResampled),
		rateLine("chance: decoys detected on the same photos", s.Controls.DecoyRate),
	}
	lines = append(lines, swapLines(s.Controls)...)
	if c := s.Calibration; c != nil {
		lines = append(lines, calibrationLines(s, c)...)
	}
	if f := s.Frequency; f != nil {
		lines = append(lines, frequencyLines(f)...)
	}
	return lines
}

// swapLines are the controls with rows of their own, or of a stream without those the face swap.
func swapLines(c auditor.Controls) []line {
	if len(c.Rows) > 0 {
		return controlLines(c.Rows)
	}
	return []line{
		rateLine("face swap: members' names on another's photos", c.SwapMembers),
		rateLine("face swap: non-members' names on another's photos", c.SwapNonMembers),
	}
}

func calibrationLines(s auditor.Summary, c *auditor.Calibration) []line {
	lines := []line{
		figureLine("AUC of the rank p-value", c.AUC),
		figureLine("AUC of the decoy-standardised score", c.AUCZ),
		figureLine("AUC of correct prompts", c.AUCCorrectPrompts),
		figureLine("AUC of the name on other persons' photos", c.AUCOthers),
		rateLine("TPR at 1 % FPR (n: non-members)", c.TPRAt1Percent),
		rateLine("TPR at 0.1 % FPR (n: non-members)", c.TPRAt01Percent),
		{"persons with q <= 0.05", discoveries(s, c)},
	}
	for _, b := range c.Below {
		lines = append(lines, rateLine(fmt.Sprintf("non-members with p <= %v", b.Limit), b.NonMembers))
	}
	if c.NonMembersKS.N > 0 {
		lines = append(lines, line{"non-members' p-values uniform", fmt.Sprintf("Kolmogorov-Smirnov p = %s (D = %s, n = %d)",
			short(float64(c.NonMembersKS.P)), short(float64(c.NonMembersKS.Distance)), c.NonMembersKS.N)})
	}
	return lines
}

// discoveries counts persons with q <= 0.05, and the false ones where labels can tell.
func discoveries(s auditor.Summary, c *auditor.Calibration) string {
	words := fmt.Sprintf("%d of %d", c.Discoveries, s.Persons)
	if s.NonMembers == 0 {
		return words + "; no labelled non-members to tell false ones by"
	}
	return fmt.Sprintf("%s; of them labelled non-members: %d of %d", words, c.FalseDiscoveries, s.NonMembers)
}

func frequencyLines(f *auditor.Frequency) []line {
	lines := []line{
		testedLine("Spearman, count and correct prompts", f.Spearman, float64(f.SpearmanP)),
		testedLine("Spearman, members alone", f.SpearmanMembers, float64(f.SpearmanMemberP)),
	}
	if f.Logistic == nil {
		lines = append(lines, line{"count for 50 % detection", notMeasured + ": " + f.NoLogistic})
	} else {
		lines = append(lines,
			testedLine("logistic slope per tenfold count", f.Logistic.Slope, f.Logistic.P),
			figureLine("count for 50 % detection", f.Logistic.Count50))
	}
	return append(lines, adjustedLines(f.Adjusted)...)
}
