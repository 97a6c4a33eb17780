package stats

import "math"

// Isotonic is the non-decreasing step fit of y on x by least squares.
type Isotonic struct {
	X []float64 // knots, ascending and distinct
	Y []float64 // fitted value at each knot
}

// FitIsotonic fits by pooling adjacent violators (Ayer et al., Ann. Math. Stat. 26, 1955); equal x
// are averaged first. weight may be nil for equal weights.
func FitIsotonic(x, y, weight []float64) Isotonic {
	var fit Isotonic
	var mass []float64
	for _, i := range ascending(x) {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		if last := len(fit.X) - 1; last >= 0 && fit.X[last] == x[i] {
			fit.Y[last] = (fit.Y[last]*mass[last] + y[i]*w) / (mass[last] + w)
			mass[last] += w
			continue
		}
		fit.X, fit.Y, mass = append(fit.X, x[i]), append(fit.Y, y[i]), append(mass, w)
	}
	pool(fit.Y, mass)
	return fit
}

// pool replaces every falling run of values by its weighted mean, in place.
func pool(values, mass []float64) {
	type block struct {
		mean, mass float64
		size       int
	}
	var blocks []block
	for i, v := range values {
		b := block{v, mass[i], 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].mean >= b.mean {
			last := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			total := last.mass + b.mass
			b = block{(last.mean*last.mass + b.mean*b.mass) / total, total, last.size + b.size}
		}
		blocks = append(blocks, b)
	}
	at := 0
	for _, b := range blocks {
		for range b.size {
			values[at] = b.mean
			at++
		}
	}
}

// At interpolates linearly between knots and is constant outside them; NaN for an empty fit.
func (f Isotonic) At(x float64) float64 {
	n := len(f.X)
	switch {
	case n == 0:
		return math.NaN()
	case x <= f.X[0]:
		return f.Y[0]
	case x >= f.X[n-1]:
		return f.Y[n-1]
	}
	i := 1
	for f.X[i] < x {
		i++
	}
	share := (x - f.X[i-1]) / (f.X[i] - f.X[i-1])
	return f.Y[i-1] + share*(f.Y[i]-f.Y[i-1])
}
