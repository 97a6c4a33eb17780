package stats

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg adjusts p-values so that rejecting all q <= a keeps the expected share of
// false discoveries at a (Benjamini and Hochberg, JRSS B 57, 1995). The order of p is kept.
func BenjaminiHochberg(p []float64) []float64 {
	return stepUp(p, 1)
}

// BenjaminiYekutieli is BenjaminiHochberg for p-values that depend on each other in any way
// (Benjamini and Yekutieli, Ann. Stat. 29, 2001): every q is larger by 1 + 1/2 + ... + 1/n.
func BenjaminiYekutieli(p []float64) []float64 {
	factor := 0.0
	for i := range p {
		factor += 1 / float64(i+1)
	}
	return stepUp(p, factor)
}

// Holm adjusts p-values so that rejecting all that are <= a keeps the chance of any false one at a
// (Holm, Scand. J. Stat. 6, 1979).
func Holm(p []float64) []float64 {
	order := ascending(p)
	adjusted := make([]float64, len(p))
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = highest
	}
	return adjusted
}

func stepUp(p []float64, factor float64) []float64 {
	order := ascending(p)
	adjusted := make([]float64, len(p))
	lowest := 1.0
	for rank := len(order) - 1; rank >= 0; rank-- {
		i := order[rank]
		lowest = min(lowest, p[i]*factor*float64(len(p))/float64(rank+1))
		adjusted[i] = lowest
	}
	return adjusted
}

// ascending returns the indexes of values, smallest value first, ties in input order.
func ascending(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}
