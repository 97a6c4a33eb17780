package stats

// RankP is the p-value of a score by its rank among decoys' scores:
//
//	p = (1 + #{decoys >= score}) / (1 + #decoys)
//
// If the scored name is exchangeable with the decoys, p <= a happens with probability at most a
// (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010). Without decoys p is 1; the smallest
// p that n decoys can give is 1/(n+1).
func RankP(score float64, decoys []float64) float64 {
	atLeast := 1
	for _, d := range decoys {
		if d >= score {
			atLeast++
		}
	}
	return float64(atLeast) / float64(1+len(decoys))
}

// Ranks gives every value its rank from 1, equal values sharing the mean of theirs.
func Ranks(values []float64) []float64 {
	order := ascending(values)
	ranks := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return ranks
}
