package report

import (
	"fmt"
	"strings"

	"rollcall/auditor"
)

// Plot is one figure of a report.
type Plot struct {
	Name    string // of its file, without ending
	Caption string
	canvas  *canvas
}

// File is the plot as an SVG file that stands alone.
func (p Plot) File() []byte { return []byte(p.canvas.svg(true) + "\n") }

// plotsOf draws what a model's summary and findings allow.
func plotsOf(s auditor.Summary, findings []auditor.Finding) []Plot {
	var out []Plot
	add := func(name, caption string, c *canvas) {
		if c != nil {
			out = append(out, Plot{name, caption, c})
		}
	}
	add("frequency", "Detection against the training count, all photos. Whiskers: exact intervals over persons, n below each. Dashed: logistic fit; thin steps: isotonic fit. At 0 stand the non-members, whose rate is the false-positive rate.", frequencyPlot(s))
	add("confusion", "Decisions by label, all photos of everyone.", confusionPlot(s))
	add("photos", "Rates against the number of photos k. Band: one standard deviation over draws of photos. Whiskers: interval over persons.", curvePlot(s))
	add("p_values", "Rank p-values by label. If the test is honest, non-members' bars follow the dashed line.", pValuePlot(s))
	add("scores", "The true name's score against the decoys' on the same photos, in decoy standard deviations. The shaded band holds 95 % of a normal distribution of decoys.", scorePlot(findings))
	add("roc", "ROC of the decoy-standardised score.", rocPlot(s))
	add("heat", "True-positive rate by number of photos and training count, mean over draws.", heatPlot(s))
	return out
}

// Plots draws every figure of every model, under names that no two share.
func Plots(r *Report) []Plot {
	var out []Plot
	taken := map[string]bool{}
	for _, s := range r.Summaries {
		prefix := fileName(s.Model)
		for n := 2; taken[prefix]; n++ {
			prefix = fmt.Sprintf("%s-%d", fileName(s.Model), n)
		}
		taken[prefix] = true
		for _, p := range plotsOf(s, r.of(s.Model)) {
			p.Name = prefix + "_" + p.Name
			out = append(out, p)
		}
	}
	return out
}

// fileName keeps letters, digits, points and hyphens of a model's name.
func fileName(model string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		default:
			return '_'
		}
	}, model), ".")
}
