package report

import (
	"fmt"
	"io"

	"rollcall/auditor"
)

// Disclaimer stands in every rendering.
const Disclaimer = "A finding is evidence about a model and a photo set. It is not proof that a given picture was used."

// Report is a whole audit, collected from its stream. It is a Handler.
type Report struct {
	Config      auditor.Config          `json:"config"`
	Duplicates  []auditor.NearDuplicate `json:"near_duplicates,omitempty"`
	Findings    []auditor.Finding       `json:"findings"`
	Controls    []auditor.ControlRow    `json:"controls,omitempty"`
	Failures    []auditor.Failure       `json:"failures,omitempty"`
	Summaries   []auditor.Summary       `json:"summaries"`
	Comparisons []auditor.Comparison    `json:"comparisons,omitempty"`
	Timing      *auditor.Timing         `json:"timing,omitempty"`
}

// Handle collects one message.
func (r *Report) Handle(m auditor.Message) error {
	switch {
	case m.Config != nil:
		r.Config = *m.Config
	case m.Finding != nil:
		r.Findings = append(r.Findings, *m.Finding)
	case m.Duplicate != nil:
		r.Duplicates = append(r.Duplicates, *m.Duplicate)
	case m.Control != nil:
		r.Controls = append(r.Controls, *m.Control)
	case m.Failure != nil:
		r.Failures = append(r.Failures, *m.Failure)
	case m.Summary != nil:
		r.Summaries = append(r.Summaries, *m.Summary)
	case m.Comparison != nil:
		r.Comparisons = append(r.Comparisons, *m.Comparison)
	case m.Timing != nil:
		r.Timing = m.Timing
	}
	return nil
}

// Load reads a stored stream. An incomplete one is an error.
func Load(stream io.Reader) (*Report, error) {
	r := &Report{}
	if err := auditor.Read(stream, r); err != nil {
		return nil, fmt.Errorf("reading the stored audit: %w", err)
	}
	return r, nil
}

// of are the findings of one model.
func (r *Report) of(model string) []auditor.Finding {
	var out []auditor.Finding
	for _, f := range r.Findings {
		if f.Model == model {
			out = append(out, f)
		}
	}
	return out
}

// failuresOf are the failures under one model.
func (r *Report) failuresOf(model string) []auditor.Failure {
	var out []auditor.Failure
	for _, f := range r.Failures {
		if f.Model == model {
			out = append(out, f)
		}
	}
	return out
}
