package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// SpearmanRho is the correlation of the ranks of x and y, ties sharing the mean rank. NaN when
// either is constant or fewer than two pairs are given.
func SpearmanRho(x, y []float64) float64 { return pearson(Ranks(x), Ranks(y)) }

// SpearmanT is the two-sided p-value of a rho over n pairs by Student's t with n - 2 degrees of
// freedom: an approximation for n above some 10.
func SpearmanT(rho float64, n int) float64 {
	if n < 3 || math.IsNaN(rho) {
		return math.NaN()
	}
	free := float64(n - 2)
	t := rho * math.Sqrt(free/max((1-rho)*(1+rho), math.SmallestNonzeroFloat64))
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Survival(math.Abs(t))
}

// SpearmanPermutation is the p-value of rho under shuffling: two-sided (|rho| as large) and
// upper one-sided. With at most 8 pairs every order is tried and p is exact; beyond that r.Times
// random orders are drawn and p = (1 + #as extreme)/(1 + tried).
func SpearmanPermutation(x, y []float64, r Resampling) (twoSided, greater float64) {
	rx, ry := Ranks(x), Ranks(y)
	rho := pearson(rx, ry)
	if math.IsNaN(rho) {
		return math.NaN(), math.NaN()
	}
	// Rounding of the last bit must not make an order look less extreme than its equal.
	const slack = 1e-12
	two, up, tried := 0, 0, 0
	count := func(order []float64) {
		c := pearson(rx, order)
		if math.Abs(c) >= math.Abs(rho)-slack {
			two++
		}
		if c >= rho-slack {
			up++
		}
		tried++
	}
	if len(x) <= 8 {
		everyOrder(ry, count)
		return float64(two) / float64(tried), float64(up) / float64(tried)
	}
	source := rand.New(rand.NewPCG(r.Seed, 1))
	for tried < r.Times && !r.stopped() {
		source.Shuffle(len(ry), func(i, j int) { ry[i], ry[j] = ry[j], ry[i] })
		count(ry)
	}
	return float64(1+two) / float64(1+tried), float64(1+up) / float64(1+tried)
}

// Spearman is rho with a percentile bootstrap interval over the pairs.
func Spearman(x, y []float64, r Resampling) Estimate {
	const method = "Spearman's rho, percentile bootstrap over pairs"
	rho := SpearmanRho(x, y)
	if math.IsNaN(rho) {
		return Undefined(len(x), r.Confidence, method, "a rank correlation needs two pairs or more that differ on both axes")
	}
	bx, by := make([]float64, len(x)), make([]float64, len(x))
	e := Bootstrap(len(x), r, func(rows []int) float64 {
		for i, row := range rows {
			bx[i], by[i] = x[row], y[row]
		}
		return SpearmanRho(bx, by)
	})
	e.Value, e.Method = rho, method
	return e
}

func pearson(x, y []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	mx, my := Mean(x), Mean(y)
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return max(-1, min(1, xy/math.Sqrt(xx*yy)))
}

// everyOrder calls visit with each of the n! orders of values (Heap's algorithm, Computer Journal
// 6, 1963), changing values in place.
func everyOrder(values []float64, visit func([]float64)) {
	step := make([]int, len(values))
	visit(values)
	for i := 1; i < len(values); {
		if step[i] >= i {
			step[i] = 0
			i++
			continue
		}
		j := 0
		if i%2 == 1 {
			j = step[i]
		}
		values[i], values[j] = values[j], values[i]
		visit(values)
		step[i]++
		i = 1
	}
}
