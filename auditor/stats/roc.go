package stats

import (
	"math/rand/v2"
	"slices"
)

// ROCPoint is one threshold of a score: positives and negatives at or above it.
type ROCPoint struct {
	Threshold float64
	TPR, FPR  float64
}

// ROC gives a point for every distinct score, highest threshold first; calling a sample positive
// when its score is >= the threshold. It is empty without both kinds.
func ROC(positive, negative []float64) []ROCPoint {
	if len(positive) == 0 || len(negative) == 0 {
		return nil
	}
	up, down := slices.Sorted(slices.Values(positive)), slices.Sorted(slices.Values(negative))
	var points []ROCPoint
	i, j := len(up), len(down)
	for i > 0 || j > 0 {
		threshold := topOf(up[:i], down[:j])
		for i > 0 && up[i-1] >= threshold {
			i--
		}
		for j > 0 && down[j-1] >= threshold {
			j--
		}
		points = append(points, ROCPoint{
			Threshold: threshold,
			TPR:       float64(len(up)-i) / float64(len(up)),
			FPR:       float64(len(down)-j) / float64(len(down)),
		})
	}
	return points
}

// TPRAtFPR is the largest TPR over thresholds whose empirical FPR is at most limit, 0 if none is.
func TPRAtFPR(positive, negative []float64, limit float64) float64 {
	best := 0.0
	for _, p := range ROC(positive, negative) {
		if p.FPR <= limit {
			best = max(best, p.TPR)
		}
	}
	return best
}

// TPRAtFPREstimate is TPRAtFPR with a percentile bootstrap interval that resamples positives and
// negatives apart. N is the number of negatives, which bounds what can be told about low FPRs; a
// limit that lies below 1/N is said.
func TPRAtFPREstimate(positive, negative []float64, limit float64, r Resampling) Estimate {
	const method = "percentile bootstrap over persons"
	if len(positive) == 0 || len(negative) == 0 {
		return Undefined(len(negative), r.Confidence, method, "needs positives and negatives")
	}
	source := rand.New(rand.NewPCG(r.Seed, 4))
	draw := func(from []float64) []float64 {
		out := make([]float64, len(from))
		for i := range out {
			out[i] = from[source.IntN(len(from))]
		}
		return out
	}
	values := make([]float64, 0, r.Times)
	for len(values) < r.Times && !r.stopped() {
		values = append(values, TPRAtFPR(draw(positive), draw(negative), limit))
	}
	e := Estimate{Value: TPRAtFPR(positive, negative, limit), Confidence: r.Confidence, N: len(negative), Method: method}
	if limit*float64(len(negative)) < 1 {
		e.Warnings = append(e.Warnings, "fewer non-members than 1/FPR: this is the TPR without any false positive")
	}
	return interval(e, values, r.Times)
}

func topOf(a, b []float64) float64 {
	if len(a) == 0 {
		return b[len(b)-1]
	}
	if len(b) == 0 {
		return a[len(a)-1]
	}
	return max(a[len(a)-1], b[len(b)-1])
}
