package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ClopperPearson is the share x/n with its exact two-sided interval (Clopper and Pearson,
// Biometrika 26, 1934): the bounds are quantiles of Beta(x, n-x+1) and Beta(x+1, n-x).
// With n = 0 the share is undefined and the interval is [0, 1].
func ClopperPearson(x, n int, confidence float64) Estimate {
	e := share(x, n, confidence, "Clopper-Pearson")
	if n == 0 {
		return e
	}
	tail := (1 - confidence) / 2
	e.Low, e.High = LowerBound(x, n, 1-tail), UpperBound(x, n, 1-tail)
	return e
}

// MeanShare is a share that is itself a mean over repetitions, x of n with a broken x, with the
// Clopper-Pearson interval at that x: the beta quantiles need no whole number. It is the exact
// interval where all repetitions agree.
func MeanShare(x float64, n int, confidence float64) Estimate {
	const method = "mean over draws, Clopper-Pearson over persons"
	if n == 0 {
		return share(0, 0, confidence, method)
	}
	tail := (1 - confidence) / 2
	return Estimate{
		Value: x / float64(n), Low: lowerBound(x, n, 1-tail), High: upperBound(x, n, 1-tail),
		Confidence: confidence, N: n, Method: method,
	}
}

// Wilson is the share x/n with the score interval (Wilson, JASA 22, 1927), narrower than the exact
// one and with the stated coverage only on average.
func Wilson(x, n int, confidence float64) Estimate {
	e := share(x, n, confidence, "Wilson")
	if n == 0 {
		return e
	}
	z, p, m := normalQuantile(confidence), e.Value, float64(n)
	scale := 1 + z*z/m
	centre := (p + z*z/(2*m)) / scale
	half := z / scale * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	e.Low, e.High = max(0, centre-half), min(1, centre+half)
	return e
}

// UpperBound is the exact one-sided upper bound of a share seen as x of n: the largest share under
// which x or fewer still happen with probability 1 - confidence.
func UpperBound(x, n int, confidence float64) float64 { return upperBound(float64(x), n, confidence) }

// LowerBound is the exact one-sided lower bound of a share seen as x of n.
func LowerBound(x, n int, confidence float64) float64 { return lowerBound(float64(x), n, confidence) }

func upperBound(x float64, n int, confidence float64) float64 {
	if x >= float64(n) {
		return 1
	}
	return mathext.InvRegIncBeta(x+1, float64(n)-x, confidence)
}

func lowerBound(x float64, n int, confidence float64) float64 {
	if x <= 0 {
		return 0
	}
	return mathext.InvRegIncBeta(x, float64(n)-x+1, 1-confidence)
}

// RuleOfThree is how many trials without an event it takes to claim, with 95 % confidence, that
// the event's rate is below the given one: 3/rate, since (1 - rate)^(3/rate) is about e^-3 = 0.0498.
func RuleOfThree(rate float64) int { return int(math.Ceil(3/rate - 1e-9)) }

func share(x, n int, confidence float64, method string) Estimate {
	if n == 0 {
		e := Undefined(0, confidence, method, "nobody to measure this on")
		e.Low, e.High = 0, 1
		return e
	}
	e := Estimate{Value: float64(x) / float64(n), Confidence: confidence, N: n, Method: method}
	if x < 0 || x > n {
		return Undefined(n, confidence, method, fmt.Sprintf("%d of %d is not a share", x, n))
	}
	return e
}
