package stats

import (
	"math"
	"slices"
)

// AUC is the chance that a positive's score is above a negative's, ties counting half, with
// DeLong's interval (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988) cut to [0, 1].
// N is the number of scores of both kinds. Undefined without both kinds.
func AUC(positive, negative []float64, confidence float64) Estimate {
	const method = "DeLong"
	n := len(positive) + len(negative)
	if len(positive) == 0 || len(negative) == 0 {
		return Undefined(n, confidence, method, "an AUC needs positives and negatives")
	}
	area, variance := DeLong(positive, negative)
	half := normalQuantile(confidence) * math.Sqrt(variance)
	e := Estimate{Value: area, Low: max(0, area-half), High: min(1, area+half), Confidence: confidence, N: n, Method: method}
	if variance == 0 {
		e.Warnings = append(e.Warnings, "the scores do not overlap: DeLong's interval has no width, the true one has")
	}
	if len(positive) < 2 || len(negative) < 2 {
		e.Low, e.High = 0, 1
		e.Warnings = append(e.Warnings, "one score on a side: no interval")
	}
	return e
}

// AUCLogit is AUC with DeLong's interval made on the logit scale, which stays inside (0, 1) and is
// better near the ends. Undefined interval when the scores do not overlap.
func AUCLogit(positive, negative []float64, confidence float64) Estimate {
	e := AUC(positive, negative, confidence)
	e.Method = "DeLong, logit scale"
	if !e.Defined() {
		return e
	}
	area, variance := DeLong(positive, negative)
	if area <= 0 || area >= 1 || variance == 0 {
		e.Low, e.High = math.NaN(), math.NaN()
		return e
	}
	half := normalQuantile(confidence) * math.Sqrt(variance) / (area * (1 - area))
	centre := math.Log(area / (1 - area))
	e.Low, e.High = logistic(centre-half), logistic(centre+half)
	return e
}

// DeLong gives the area and its variance from mid-ranks (Sun and Xu, IEEE Signal Process. Lett.
// 21, 2014), in time n log n. The variance is 0 when a side has one score.
func DeLong(positive, negative []float64) (area, variance float64) {
	m, n := len(positive), len(negative)
	all := Ranks(slices.Concat(positive, negative))
	own, other := Ranks(positive), Ranks(negative)
	above := make([]float64, m)
	for i := range above {
		above[i] = (all[i] - own[i]) / float64(n)
		area += above[i] / float64(m)
	}
	below := make([]float64, n)
	for j := range below {
		below[j] = 1 - (all[m+j]-other[j])/float64(m)
	}
	if m < 2 || n < 2 {
		return area, 0
	}
	return area, sampleVariance(above)/float64(m) + sampleVariance(below)/float64(n)
}

func sampleVariance(values []float64) float64 {
	mean := Mean(values)
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(values)-1)
}
