package stats

import "math"

// SlopeProfile is the slope with its profile likelihood interval (Venzon and Moolgavkar, Appl.
// Stat. 37, 1988): the slopes whose best likelihood is within half a chi-square quantile of the
// maximum. It is truer than Wald's for few observations.
func (f Logistic) SlopeProfile(confidence float64) Estimate {
	z := normalQuantile(confidence)
	floor := f.LogLik - z*z/2
	_, se := f.SE()
	edge := func(sign float64) float64 {
		outside := f.Slope + sign*se
		for range 60 {
			if f.profile(outside) < floor {
				break
			}
			outside += sign * (math.Abs(outside-f.Slope) + se)
		}
		return bisect(f.Slope, outside, func(slope float64) bool { return f.profile(slope) >= floor })
	}
	return Estimate{Value: f.Slope, Low: edge(-1), High: edge(1), Confidence: confidence, N: f.N, Method: "profile likelihood"}
}

// profile is the likelihood at a slope with the intercept that suits it best.
func (f Logistic) profile(slope float64) float64 {
	// The score in the intercept falls from the number of ones to minus the number of zeros.
	reach := 0.0
	for _, x := range f.x {
		reach = max(reach, math.Abs(slope*x))
	}
	high := reach + math.Abs(logit(Mean(f.y))) + 1
	low, intercept := -high, min(max(f.Intercept, -high), high)
	// Newton's method, kept inside the bracket by halving it where a step would leave.
	for range 200 {
		gradient, _, info := f.score(intercept, slope)
		if gradient > 0 {
			low = intercept
		} else {
			high = intercept
		}
		next := intercept + gradient/info[0][0]
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		moved := math.Abs(next - intercept)
		intercept = next
		if moved <= 1e-13*(1+math.Abs(intercept)) {
			break
		}
	}
	return f.logLik(intercept, slope)
}

// bisect finds where holds turns from true (at from) to false (at to).
func bisect(from, to float64, holds func(float64) bool) float64 {
	for range 200 {
		middle := from + (to-from)/2
		if middle == from || middle == to {
			break
		}
		if holds(middle) {
			from = middle
		} else {
			to = middle
		}
	}
	return from
}
