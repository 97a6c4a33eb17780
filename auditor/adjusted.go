package auditor

import (
	"errors"
	"fmt"
	"math"

	"rollcall/auditor/stats"
)

// Adjusted is detection on log10(count + 1) beside covariates.
type Adjusted struct {
	Persons int           `json:"persons"`            // in the fit
	LeftOut int           `json:"left_out,omitempty"` // with a known count but without one of the covariates
	Prior   string        `json:"prior,omitempty"`    // what the covariate prior is
	Terms   []Coefficient `json:"terms,omitempty"`
	Firth   bool          `json:"firth,omitempty"` // penalised: the covariates separate the outcomes
	NoFit   string        `json:"no_fit,omitempty"`
	Notes   []string      `json:"notes,omitempty"`
}

// Coefficient is one term of a logistic fit, per unit of its variable.
type Coefficient struct {
	Term     string         `json:"term"`
	Estimate stats.Estimate `json:"estimate"` // profile likelihood interval
	P        stats.Number   `json:"p"`        // likelihood ratio against 0
}

// column is a variable of the fit, by finding; NaN where it is not known.
type column struct {
	term   string
	values []float64
}

// adjust fits one look's detection; nil when no covariate was asked for or no count is known.
// priors are by id.
func adjust(o Options, findings []Finding, priors map[string]float64, prior string) *Adjusted {
	var counted []Finding
	for _, f := range findings {
		if f.Count != nil {
			counted = append(counted, f)
		}
	}
	if len(o.Covariates) == 0 || len(split(counted).members) == 0 {
		return nil
	}
	a := &Adjusted{}
	columns := []column{{"log10(count+1)", each(counted, func(f Finding) float64 { return math.Log10(float64(*f.Count) + 1) })}}
	sexes := map[string]string{}
	for _, p := range o.Persons {
		sexes[p.ID] = sexOf(p.Sex)
	}
	for _, covariate := range o.Covariates {
		switch covariate {
		case CovariatePrior:
			a.Prior = prior
			columns = append(columns, column{"prior", each(counted, func(f Finding) float64 { return valueOr(priors, f.ID) })})
		case CovariatePhotos:
			columns = append(columns, column{"log10(photos)", each(counted, func(f Finding) float64 { return math.Log10(float64(f.Photos)) })})
		case CovariateSex:
			woman := map[string]float64{"f": 1, "m": 0}
			columns = append(columns, column{"woman", each(counted, func(f Finding) float64 { return valueOr(woman, sexes[f.ID]) })})
		}
	}
	a.fit(counted, columns, o.Confidence)
	return a
}

func each(findings []Finding, value func(Finding) float64) []float64 {
	out := make([]float64, len(findings))
	for i, f := range findings {
		out[i] = value(f)
	}
	return out
}

func valueOr(values map[string]float64, key string) float64 {
	if v, there := values[key]; there {
		return v
	}
	return math.NaN()
}

// fit uses the persons of whom everything is known, and the covariates that differ among them.
func (a *Adjusted) fit(findings []Finding, columns []column, confidence float64) {
	var rows [][]float64
	var detected []float64
	for i, f := range findings {
		row := make([]float64, len(columns))
		whole := true
		for j, c := range columns {
			row[j] = c.values[i]
			whole = whole && !math.IsNaN(row[j])
		}
		if !whole {
			a.LeftOut++
			continue
		}
		rows = append(rows, row)
		detected = append(detected, 0)
		if f.Detected {
			detected[len(detected)-1] = 1
		}
	}
	a.Persons = len(rows)
	rows, terms := a.varying(rows, columns)
	fit, err := stats.FitMultiLogistic(rows, detected)
	if errors.Is(err, stats.ErrNoFit) {
		if penalised, again := stats.FitFirth(rows, detected); again == nil {
			a.Firth, fit, err = true, penalised, nil
		}
	}
	if err != nil {
		a.NoFit = err.Error()
		return
	}
	for j, term := range append([]string{"intercept"}, terms...) {
		a.Terms = append(a.Terms, Coefficient{term, fit.Profile(j, confidence), stats.Number(fit.LikelihoodRatioP(j))})
	}
}

// varying leaves out covariates that are alike for everyone, and says so.
func (a *Adjusted) varying(rows [][]float64, columns []column) (kept [][]float64, terms []string) {
	kept = make([][]float64, len(rows))
	for j, c := range columns {
		varies := false
		for _, row := range rows {
			varies = varies || row[j] != rows[0][j]
		}
		if !varies {
			a.Notes = append(a.Notes, fmt.Sprintf("%s is alike for everyone in the fit and was left out", c.term))
			continue
		}
		terms = append(terms, c.term)
		for i, row := range rows {
			kept[i] = append(kept[i], row[j])
		}
	}
	return kept, terms
}

// knownBefore is what is known of each person's name without the data, for a look at a model: the
// score under the first reference model in decoy standard deviations, else the text-only prior.
func (r *run) knownBefore(s Summary) (priors map[string]float64, what string) {
	priors = map[string]float64{}
	for _, m := range r.o.Models {
		if !m.Reference || m.Name == s.Of {
			continue
		}
		for _, f := range r.byModel[m.Name] {
			if f.Z != nil {
				priors[f.ID] = *f.Z
			}
		}
		return priors, "score under the reference model " + m.Name + ", in decoy standard deviations"
	}
	for i, z := range r.priors[s.Of] {
		if !math.IsNaN(z) {
			priors[r.o.Persons[i].ID] = z
		}
	}
	return priors, "text-only prior, in decoy standard deviations"
}
