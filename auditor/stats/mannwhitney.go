package stats

import (
	"math"
	"slices"
)

// MannWhitneyP is the two-sided p-value of the Mann-Whitney U test by the normal approximation
// with tie and continuity corrections. NaN without both kinds; 1 when all values are equal.
func MannWhitneyP(a, b []float64) float64 {
	m, n := float64(len(a)), float64(len(b))
	if m == 0 || n == 0 {
		return math.NaN()
	}
	ranks := Ranks(slices.Concat(a, b))
	sum := 0.0
	for _, r := range ranks[:len(a)] {
		sum += r
	}
	u := sum - m*(m+1)/2
	total := m + n
	variance := m * n / 12 * (total + 1 - tieTerm(ranks)/(total*(total-1)))
	if variance <= 0 {
		return 1
	}
	z := (math.Abs(u-m*n/2) - 0.5) / math.Sqrt(variance)
	return min(1, math.Erfc(z/math.Sqrt2))
}

// tieTerm is the sum of t^3 - t over groups of t equal ranks.
func tieTerm(ranks []float64) float64 {
	size := map[float64]float64{}
	for _, r := range ranks {
		size[r]++
	}
	sum := 0.0
	for _, t := range size {
		sum += t*t*t - t
	}
	return sum
}
