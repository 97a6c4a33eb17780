package retriever

import "gonum.org/v1/gonum/mathext"

// lowestShare and highestShare are the exact one-sided bounds (Clopper and Pearson, 1934) of a share
// that was seen as x of n, each wrong with probability alpha: quantiles of Beta(x, n-x+1) and
// Beta(x+1, n-x).
func lowestShare(x, n int64, alpha float64) float64 {
	if x <= 0 {
		return 0
	}
	return mathext.InvRegIncBeta(float64(x), float64(n-x)+1, alpha)
}

func highestShare(x, n int64, alpha float64) float64 {
	if x >= n {
		return 1
	}
	return mathext.InvRegIncBeta(float64(x)+1, float64(n-x), 1-alpha)
}

// mostTrials is the largest n, up to limit, under which x or fewer successes of probability p still
// happen with a probability above alpha: P(Bin(n, p) <= x) = I(1-p; n-x, x+1), which falls with n.
func mostTrials(x int64, p, alpha float64, limit int64) int64 {
	low, high := x, limit
	for low < high {
		n := low + (high-low+1)/2
		if p < 1 && mathext.RegIncBeta(float64(n-x), float64(x)+1, 1-p) > alpha {
			low = n
		} else {
			high = n - 1
		}
	}
	return low
}
