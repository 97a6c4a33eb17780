package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap gives the percentile interval of a statistic over n exchangeable rows (Efron, Ann.
// Stat. 7, 1979): r.Times samples of n rows with replacement. statistic gets row numbers and may
// return NaN for a sample it is undefined on; those are left out and, when there are any, said.
// Value is the statistic of the rows as they are.
func Bootstrap(n int, r Resampling, statistic func(rows []int) float64) Estimate {
	const method = "percentile bootstrap"
	if n == 0 {
		return Undefined(0, r.Confidence, method, "nothing to resample")
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	e := Estimate{Value: statistic(rows), Confidence: r.Confidence, N: n, Method: method}
	source := rand.New(rand.NewPCG(r.Seed, 2))
	values := make([]float64, 0, r.Times)
	for range r.Times {
		if r.stopped() {
			break
		}
		for i := range rows {
			rows[i] = source.IntN(n)
		}
		if v := statistic(rows); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return interval(e, values, r.Times)
}

// TwoStage gives the percentile interval of a mean over clusters whose own value is uncertain too
// (Davison and Hinkley, Bootstrap Methods, 1997, section 3.8): clusters are drawn with replacement
// and, for each drawn one, one of its outcomes[cluster], the cluster's value on resamples of its
// members. Resampled members repeat, which biases statistics such as a plurality vote; the
// interval is therefore moved so that the resamples' mean falls on value, the mean of the data as
// they are, and cut to the range of outcomes. N is the number of clusters.
func TwoStage(outcomes [][]float64, value float64, r Resampling) Estimate {
	const method = "two-stage bootstrap (persons, then photos), centred on the estimate"
	if len(outcomes) == 0 {
		return Undefined(0, r.Confidence, method, "nobody to measure this on")
	}
	source := rand.New(rand.NewPCG(r.Seed, 3))
	means := make([]float64, 0, r.Times)
	least, most := value, value
	for len(means) < r.Times && !r.stopped() {
		sum := 0.0
		for range outcomes {
			pool := outcomes[source.IntN(len(outcomes))]
			outcome := pool[source.IntN(len(pool))]
			sum += outcome
			least, most = min(least, outcome), max(most, outcome)
		}
		means = append(means, sum/float64(len(outcomes)))
	}
	e := interval(Estimate{Value: value, Confidence: r.Confidence, N: len(outcomes), Method: method}, means, r.Times)
	shift := value - Mean(means)
	e.Low, e.High = max(least, e.Low+shift), min(most, e.High+shift)
	return e
}

func interval(e Estimate, values []float64, times int) Estimate {
	e.Low, e.High = math.NaN(), math.NaN()
	if len(values) == 0 {
		e.Warnings = append(e.Warnings, "undefined on every resample: no interval")
		return e
	}
	if len(values) < times {
		e.Warnings = append(e.Warnings, "undefined on some resamples: the interval leaves those out")
	}
	slices.Sort(values)
	tail := (1 - e.Confidence) / 2
	e.Low, e.High = Quantile(values, tail), Quantile(values, 1-tail)
	if e.Low == e.High {
		e.Warnings = append(e.Warnings, "no resample differed: the interval has no width, the true one has")
	}
	return e
}

// Quantile interpolates linearly between sorted values at position q*(n-1) (Hyndman and Fan's type
// 7, numpy's default).
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
