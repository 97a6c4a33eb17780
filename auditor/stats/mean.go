package stats

import "math"

// Mean is the arithmetic mean; NaN for no values.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// SD is the standard deviation with the sum of squares divided by n - ddof: 1 for the sample's, 0
// for the population's (what numpy's std gives unasked). NaN with n <= ddof.
func SD(values []float64, ddof int) float64 {
	if len(values) <= ddof {
		return math.NaN()
	}
	mean := Mean(values)
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(values)-ddof))
}
