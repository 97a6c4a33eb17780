package stats

import (
	"math"
	"slices"
)

// KSUniform is the Kolmogorov-Smirnov distance D of values from the uniform distribution on
// [0, 1] and its two-sided p-value. p is exact for the distance (Marsaglia, Tsang and Wang, J.
// Stat. Softw. 8(18), 2003), by their seven-digit approximation in the far tail. Rank p-values
// move in steps of 1/(decoys+1), which makes the test a little conservative. NaN for no values.
func KSUniform(values []float64) (distance, p float64) {
	n := len(values)
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	for i, v := range slices.Sorted(slices.Values(values)) {
		distance = max(distance, float64(i+1)/float64(n)-v, v-float64(i)/float64(n))
	}
	return distance, min(1, max(0, 1-kolmogorov(n, distance)))
}

// kolmogorov is P(D_n < d).
func kolmogorov(n int, d float64) float64 {
	if d >= 1 {
		return 1
	}
	m := float64(n)
	if s := d * d * m; s > 7.24 || (s > 3.76 && n > 99) {
		return 1 - 2*math.Exp(-(2.000071+0.331/math.Sqrt(m)+1.409/m)*s)
	}
	k := int(m*d) + 1
	power := newScaled(durbin(k, float64(k)-m*d)).power(n)
	value, exponent := power.at(k-1, k-1), power.exponent
	for i := 1; i <= n; i++ {
		value *= float64(i) / m
		if value < 1e-140 {
			value, exponent = value*1e140, exponent-140
		}
	}
	return value * math.Pow(10, float64(exponent))
}

// durbin is the (2k-1) x (2k-1) matrix H of the paper's section 2.
func durbin(k int, h float64) [][]float64 {
	size := 2*k - 1
	rows := make([][]float64, size)
	for i := range rows {
		rows[i] = make([]float64, size)
		for j := range rows[i] {
			if i-j+1 >= 0 {
				rows[i][j] = 1
			}
		}
	}
	for i := range size {
		rows[i][0] -= math.Pow(h, float64(i+1))
		rows[size-1][i] -= math.Pow(h, float64(size-i))
	}
	if 2*h > 1 {
		rows[size-1][0] += math.Pow(2*h-1, float64(size))
	}
	for i := range rows {
		for j := range rows[i] {
			for g := 1; g <= i-j+1; g++ {
				rows[i][j] /= float64(g)
			}
		}
	}
	return rows
}
