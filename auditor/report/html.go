package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"

	"rollcall/auditor"
	"rollcall/auditor/stats"
)

//go:embed html/report.gohtml html/report.css html/report.js
var pageFiles embed.FS

const (
	mostPersons  = 2000 // rows a model on the page; all are in summary.csv
	mostFailures = 200
	mostNames    = 2000
)

// page is what the template gets.
type page struct {
	*Report
	Style      template.CSS
	Script     template.JS
	Repeat     string
	Near       string // what the comparison with training images found; empty: it was not made
	MoreNear   int
	Disclaimer string
	Models     []modelPage
	Names      []string
	MoreNames  bool
}

// modelPage is one model's section.
type modelPage struct {
	Summary      auditor.Summary
	Info         auditor.ModelInfo
	Answer       string
	Cards        []card
	Lines        []line
	Figures      []inlinePlot
	Persons      []auditor.Finding
	MorePersons  int
	Failures     []auditor.Failure
	MoreFailures int
}

type card struct{ Title, Value, Detail string }

type inlinePlot struct {
	SVG     template.HTML
	Caption string
	Wide    bool
}

// HTML writes the report as one page that needs no other file: styles and plots are inside, and
// everything from outside (names, paths, reasons) is escaped. A small script sorts and searches the
// tables; without it they are whole.
func HTML(w io.Writer, r *Report) error {
	style, err := pageFiles.ReadFile("html/report.css")
	if err != nil {
		return err
	}
	script, err := pageFiles.ReadFile("html/report.js")
	if err != nil {
		return err
	}
	t, err := template.New("report.gohtml").Funcs(template.FuncMap{
		"rate": rate, "drawRate": drawRate, "label": label, "count": count, "optional": optional,
		"short":  func(n stats.Number) string { return short(float64(n)) },
		"figure": figure, "control": controlName, "percent": percent, "short64": short,
	}).ParseFS(pageFiles, "html/report.gohtml")
	if err != nil {
		return err
	}
	p := page{Report: r, Style: template.CSS(string(style) + plotStyle), Script: template.JS(script), Disclaimer: Disclaimer,
		Names: r.Config.Names, Repeat: repeatCommand(r.Config)}
	if r.Config.Training != nil {
		p.Near = nearLine(r.Config.Training)
	}
	if n := len(r.Duplicates); n > mostFailures {
		shown := *r
		shown.Duplicates, p.MoreNear = r.Duplicates[:mostFailures], n-mostFailures
		p.Report = &shown
	}
	if len(p.Names) > mostNames {
		p.Names, p.MoreNames = p.Names[:mostNames], true
	}
	for _, s := range r.Summaries {
		p.Models = append(p.Models, r.modelPage(s))
	}
	return t.Execute(w, p)
}

func (r *Report) modelPage(s auditor.Summary) modelPage {
	m := modelPage{Summary: s, Answer: answer(s, r.Config.Confidence), Cards: cards(s), Lines: headline(s), Persons: r.of(s.Model), Failures: r.failuresOf(s.Model)}
	for _, info := range r.Config.Models {
		if info.Name == s.Model || info.Name == s.Of {
			m.Info = info
		}
	}
	for i, p := range plotsOf(s, m.Persons) {
		m.Figures = append(m.Figures, inlinePlot{template.HTML(p.canvas.svg(false)), p.Caption, i == 0 && s.Frequency != nil})
	}
	if n := len(m.Persons); n > mostPersons {
		m.Persons, m.MorePersons = m.Persons[:mostPersons], n-mostPersons
	}
	if n := len(m.Failures); n > mostFailures {
		m.Failures, m.MoreFailures = m.Failures[:mostFailures], n-mostFailures
	}
	return m
}

func cards(s auditor.Summary) []card {
	share := func(title string, e stats.Estimate, of string) card {
		if !e.Defined() {
			return card{title, notMeasured, "no " + of}
		}
		return card{title, percent(e.Value) + " %", fmt.Sprintf("%s, n = %d %s", between(e), e.N, of)}
	}
	out := []card{
		share("True-positive rate", s.Rates.TPR, "members"),
		share("False-positive rate", s.Rates.FPR, "non-members"),
		share("Chance: decoys detected", s.Controls.DecoyRate, "persons"),
	}
	if c := s.Calibration; c != nil && c.AUC.Defined() {
		out = append(out, card{"AUC of the rank p-value", short(c.AUC.Value), fmt.Sprintf("%s to %s, n = %d persons", short(c.AUC.Low), short(c.AUC.High), c.AUC.N)})
	}
	if f := s.Frequency; f != nil && f.Logistic != nil && f.Logistic.Count50.Defined() {
		interval := "no finite interval"
		if half := f.Logistic.Count50; !math.IsNaN(half.Low) {
			interval = fmt.Sprintf("%s to %s", short(max(0, half.Low)), short(half.High))
		}
		out = append(out, card{"Count for 50 % detection", short(f.Logistic.Count50.Value), fmt.Sprintf("%s, n = %d persons", interval, f.Logistic.Count50.N)})
	}
	return out
}
