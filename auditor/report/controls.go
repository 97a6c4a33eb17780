package report

import (
	"fmt"

	"rollcall/auditor"
)

// controlName says in words what a control tries.
func controlName(c auditor.Control) string {
	switch c {
	case auditor.FaceSwap:
		return "face swap: the name on another person's photos"
	case auditor.NameSwap:
		return "name swap: another person's name on the photos"
	case auditor.Invented:
		return "invented person: nobody's name on the photos"
	case auditor.Prior:
		return "text-only prior: the name without any photo"
	default:
		return string(c)
	}
}

// controlLines are the controls' rates, and for the prior, which decides nothing, its AUC.
func controlLines(rows []auditor.ControlSummary) []line {
	var out []line
	for _, r := range rows {
		if r.Control == auditor.Prior {
			out = append(out, figureLine(controlName(r.Control)+", AUC, read two-sided", r.AUC))
			continue
		}
		out = append(out,
			rateLine(controlName(r.Control)+", members", r.Members),
			rateLine(controlName(r.Control)+", non-members", r.NonMembers))
		if r.Members.N+r.NonMembers.N < r.All.N {
			out = append(out, rateLine(controlName(r.Control)+", everybody", r.All))
		}
	}
	return out
}

// nearLine says what the comparison with training images found.
func nearLine(c *auditor.Compared) string {
	words := fmt.Sprintf("%d of %d photos (persons: %d) have a cosine of %s or more with an image of the training index %s",
		c.Found, c.Photos, c.Persons, short(c.Threshold), c.Index)
	if c.FromPhotos {
		words += " (chosen from how near the audited photos lie to each other, so that hardly a different picture reaches it)"
	}
	if c.Found < c.Photos {
		words += fmt.Sprintf("; the nearest of the others has %s", short(c.Nearest))
	}
	if c.Found > 0 {
		words += "; every figure is given with and without them"
	}
	if !c.Exact {
		words += "; the index is approximate, some may be missed"
	}
	return words + "."
}

// adjustedLines are the terms of the fit beside covariates.
func adjustedLines(a *auditor.Adjusted) []line {
	if a == nil {
		return nil
	}
	if a.NoFit != "" {
		return []line{{"logistic fit with covariates", notMeasured + ": " + a.NoFit}}
	}
	method := "logistic fit with covariates"
	if a.Firth {
		method += " (Firth's penalty: the covariates separate the outcomes)"
	}
	var out []line
	for _, t := range a.Terms[min(1, len(a.Terms)):] {
		out = append(out, testedLine(method+", "+t.Term, t.Estimate, float64(t.P)))
	}
	if a.Prior != "" {
		out = append(out, line{"the covariate prior is", a.Prior})
	}
	if a.LeftOut > 0 {
		out = append(out, line{"left out of that fit", fmt.Sprintf("%d persons without one of the covariates", a.LeftOut)})
	}
	for _, note := range a.Notes {
		out = append(out, line{"note on that fit", note})
	}
	return out
}
