package auditor

import "math"

// labels are findings by label.
type labels struct{ members, nonMembers, unlabelled []Finding }

func split(findings []Finding) labels {
	var l labels
	for _, f := range findings {
		switch {
		case f.Member == nil:
			l.unlabelled = append(l.unlabelled, f)
		case *f.Member:
			l.members = append(l.members, f)
		default:
			l.nonMembers = append(l.nonMembers, f)
		}
	}
	return l
}

// defined are the values of a score over findings that have it.
func defined(findings []Finding, score func(Finding) float64) []float64 {
	var out []float64
	for _, f := range findings {
		if v := score(f); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

func deref(value *float64) float64 {
	if value == nil {
		return math.NaN()
	}
	return *value
}

// known is a pointer to a value that is defined, nil otherwise.
func known(value float64) *float64 {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return &value
}

func detectedOf(findings []Finding) int {
	n := 0
	for _, f := range findings {
		if f.Detected {
			n++
		}
	}
	return n
}
