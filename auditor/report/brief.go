package report

import (
	"bufio"
	"fmt"
	"io"
	"text/tabwriter"

	"rollcall/auditor"
)

// Brief writes what a reader looks at first: for each model whether members are told from
// non-members, by how much more than chance, and how that follows the training count. Each rate
// stands with its interval and n; the warnings are all there. Text has the rest.
func Brief(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	for _, s := range r.Summaries {
		briefSummary(out, s)
	}
	fmt.Fprintf(out, "\n%s\n", Disclaimer)
	return out.Flush()
}

func briefSummary(w io.Writer, s auditor.Summary) {
	fmt.Fprintf(w, "\n%s: %d persons, %d members, %d non-members, %d unlabelled; %d detected\n", s.Model, s.Persons, s.Members, s.NonMembers, s.Unlabelled, s.Detected)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	lines := []line{
		rateLine("members detected (TPR)", s.Rates.TPR),
		rateLine("non-members detected (FPR)", s.Rates.FPR),
		rateLine("chance: decoys on the same photos", s.Controls.DecoyRate),
	}
	if c := s.Calibration; c != nil {
		lines = append(lines, figureLine("AUC of the rank p-value", c.AUC))
	}
	if f := s.Frequency; f != nil {
		for _, b := range f.Bins {
			lines = append(lines, rateLine("members with count "+b.Label, b.Rate))
		}
	}
	for _, l := range lines {
		fmt.Fprintf(table, "  %s\t%s\n", l.What, l.Value)
	}
	table.Flush()
	for _, warning := range s.Warnings {
		fmt.Fprintf(w, "  warning: %s\n", warning)
	}
}
