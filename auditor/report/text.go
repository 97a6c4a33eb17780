package report

import (
	"bufio"
	"fmt"
	"io"
	"text/tabwriter"

	"rollcall/auditor"
)

// Text writes the audit for a terminal.
func Text(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	c := r.Config
	fmt.Fprintf(out, "Identity inference audit: %d persons, %d photos, %d candidate names (%d decoys), %d prompts, tau %d, seed %d\n",
		c.Persons, c.Photos, len(c.Names), c.Decoys, len(c.Prompts), c.Tau, c.Seed)
	if c.Training != nil {
		fmt.Fprintf(out, "near-duplicates: %s\n", nearLine(c.Training))
	}
	for _, note := range c.Notes {
		fmt.Fprintf(out, "note: %s\n", note)
	}
	for _, s := range r.Summaries {
		textSummary(out, s, c.Confidence)
	}
	for _, c := range r.Comparisons {
		textComparison(out, c)
	}
	fmt.Fprintf(out, "\nto repeat it: %s\n\n%s\n", repeatCommand(c), Disclaimer)
	return out.Flush()
}

func textSummary(w io.Writer, s auditor.Summary, confidence float64) {
	fmt.Fprintf(w, "\n%s\n%s\n", s.Model, answer(s, confidence))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(what, value string) { fmt.Fprintf(table, "  %s\t%s\n", what, value) }
	row("persons", fmt.Sprintf("%d: %d members, %d non-members, %d unlabelled; %d detected", s.Persons, s.Members, s.NonMembers, s.Unlabelled, s.Detected))
	row("confusion", fmt.Sprintf("TP %d, FN %d, FP %d, TN %d", s.Confusion.TP, s.Confusion.FN, s.Confusion.FP, s.Confusion.TN))
	for _, l := range headline(s) {
		row(l.What, l.Value)
	}
	table.Flush()
	if s.Frequency != nil {
		textBins(w, s.Frequency.Bins)
	}
	if s.Curve != nil {
		textCurve(w, s.Curve)
	}
	for _, warning := range s.Warnings {
		fmt.Fprintf(w, "  warning: %s\n", warning)
	}
}

func textBins(w io.Writer, bins []auditor.Bin) {
	fmt.Fprintln(w, "  true-positive rate by training count")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, b := range bins {
		fmt.Fprintf(table, "    %s\t%s\n", b.Label, rate(b.Rate))
	}
	table.Flush()
}

func textCurve(w io.Writer, c *auditor.Curve) {
	fmt.Fprintf(w, "  against the number of photos k: %s, %d took part\n", c.Rule, c.Persons)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "    k\tTPR\tFPR\taccuracy")
	for _, p := range c.Points {
		fmt.Fprintf(table, "    %d\t%s\t%s\t%s\n", p.K, drawRate(p.TPR), drawRate(p.FPR), drawRate(p.Accuracy))
	}
	table.Flush()
	for _, skipped := range c.Skipped {
		fmt.Fprintf(w, "  note: %s\n", skipped)
	}
}

func textComparison(w io.Writer, c auditor.Comparison) {
	fmt.Fprintf(w, "\n%s against %s, the same persons\n", c.A, c.B)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range c.Groups {
		fmt.Fprintf(table, "  %s\tboth %d, only %s %d, only %s %d, neither %d (n = %d)\tMcNemar p = %s\n",
			g.Group, g.Both, c.A, g.OnlyA, c.B, g.OnlyB, g.Neither, g.Persons, short(float64(g.P)))
	}
	table.Flush()
}
