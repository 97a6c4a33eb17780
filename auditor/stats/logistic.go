package stats

import (
	"errors"
	"fmt"
	"math"
)

// Logistic is a maximum likelihood fit of P(y = 1) = 1 / (1 + exp(-(Intercept + Slope x))).
type Logistic struct {
	Intercept, Slope   float64
	Cov                [2][2]float64 // inverse of the observed information, intercept first
	LogLik, LogLikNull float64       // with the slope, and with an intercept alone
	N                  int

	x, y []float64
}

// ErrNoFit is wrapped by every refusal of FitLogistic: these data have no finite maximum
// likelihood estimate.
var ErrNoFit = errors.New("no finite logistic fit")

// FitLogistic fits by Newton's method. y holds 0 and 1. It refuses data without a finite estimate
// (Albert and Anderson, Biometrika 71, 1984): one outcome only, one x only, or outcomes that a
// threshold on x separates.
func FitLogistic(x, y []float64) (Logistic, error) {
	if err := separated(x, y); err != nil {
		return Logistic{}, err
	}
	f := Logistic{N: len(x), x: x, y: y}
	f.Intercept = logit(Mean(y))
	f.LogLikNull = f.logLik(f.Intercept, 0)
	f.LogLik = f.LogLikNull
	for range 100 {
		g0, g1, info := f.score(f.Intercept, f.Slope)
		cov, ok := invert(info)
		if !ok {
			return Logistic{}, fmt.Errorf("%w: the information matrix is singular", ErrNoFit)
		}
		f.Cov = cov
		d0, d1 := cov[0][0]*g0+cov[0][1]*g1, cov[1][0]*g0+cov[1][1]*g1
		if math.Abs(d0)+math.Abs(d1) < 1e-12*(1+math.Abs(f.Intercept)+math.Abs(f.Slope)) {
			return f, nil
		}
		f.step(d0, d1)
	}
	return Logistic{}, fmt.Errorf("%w: Newton's method did not settle in 100 steps", ErrNoFit)
}

// step moves by (d0, d1), or by a half, a quarter, ... of it where that would lower the likelihood.
func (f *Logistic) step(d0, d1 float64) {
	for range 30 {
		if next := f.logLik(f.Intercept+d0, f.Slope+d1); next >= f.LogLik-1e-12*math.Abs(f.LogLik) {
			f.Intercept, f.Slope, f.LogLik = f.Intercept+d0, f.Slope+d1, next
			return
		}
		d0, d1 = d0/2, d1/2
	}
}

// Predict is the fitted probability at x.
func (f Logistic) Predict(x float64) float64 { return logistic(f.Intercept + f.Slope*x) }

// SE gives the standard errors of intercept and slope.
func (f Logistic) SE() (intercept, slope float64) {
	return math.Sqrt(f.Cov[0][0]), math.Sqrt(f.Cov[1][1])
}

// SlopeWald is the slope with its Wald interval.
func (f Logistic) SlopeWald(confidence float64) Estimate { return f.wald(1, confidence) }

// InterceptWald is the intercept with its Wald interval.
func (f Logistic) InterceptWald(confidence float64) Estimate { return f.wald(0, confidence) }

func (f Logistic) wald(i int, confidence float64) Estimate {
	value := [2]float64{f.Intercept, f.Slope}[i]
	half := normalQuantile(confidence) * math.Sqrt(f.Cov[i][i])
	return Estimate{Value: value, Low: value - half, High: value + half, Confidence: confidence, N: f.N, Method: "Wald"}
}

// SlopeP is the slope's two-sided p-value by Wald's test.
func (f Logistic) SlopeP() float64 {
	_, se := f.SE()
	return twoSidedNormal(f.Slope / se)
}

// LikelihoodRatioP is the p-value of the slope by the likelihood ratio against no slope.
func (f Logistic) LikelihoodRatioP() float64 {
	return math.Erfc(math.Sqrt(max(0, f.LogLik-f.LogLikNull)))
}

// McFadden is 1 - LogLik/LogLikNull.
func (f Logistic) McFadden() float64 { return 1 - f.LogLik/f.LogLikNull }

func (f Logistic) logLik(b0, b1 float64) float64 {
	sum := 0.0
	for i, x := range f.x {
		t := b0 + b1*x
		sum += f.y[i]*t - softplus(t)
	}
	return sum
}

// score is the gradient and the information matrix at (b0, b1).
func (f Logistic) score(b0, b1 float64) (g0, g1 float64, info [2][2]float64) {
	for i, x := range f.x {
		p := logistic(b0 + b1*x)
		r, w := f.y[i]-p, p*(1-p)
		g0, g1 = g0+r, g1+r*x
		info[0][0] += w
		info[0][1] += w * x
		info[1][1] += w * x * x
	}
	info[1][0] = info[0][1]
	return g0, g1, info
}

// separated says why (x, y) has no finite estimate, nil when it has one.
func separated(x, y []float64) error {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, v := range x {
		if y[i] != 0 && y[i] != 1 {
			return fmt.Errorf("%w: outcome %d is %v, want 0 or 1", ErrNoFit, i+1, y[i])
		}
		k := int(y[i])
		low[k], high[k] = min(low[k], v), max(high[k], v)
	}
	switch {
	case len(x) == 0:
		return fmt.Errorf("%w: no observations", ErrNoFit)
	case math.IsInf(low[1], 1):
		return fmt.Errorf("%w: nobody was detected", ErrNoFit)
	case math.IsInf(low[0], 1):
		return fmt.Errorf("%w: everybody was detected", ErrNoFit)
	case min(low[0], low[1]) == max(high[0], high[1]):
		return fmt.Errorf("%w: every observation has the same x", ErrNoFit)
	case high[0] <= low[1] || high[1] <= low[0]:
		return fmt.Errorf("%w: a threshold on x separates the outcomes", ErrNoFit)
	}
	return nil
}

func invert(m [2][2]float64) ([2][2]float64, bool) {
	det := m[0][0]*m[1][1] - m[0][1]*m[1][0]
	if !(det > 1e-300) {
		return m, false
	}
	return [2][2]float64{{m[1][1] / det, -m[0][1] / det}, {-m[1][0] / det, m[0][0] / det}}, true
}

func logistic(t float64) float64 { return 1 / (1 + math.Exp(-t)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

// softplus is log(1 + e^t) without overflow.
func softplus(t float64) float64 { return max(t, 0) + math.Log1p(math.Exp(-math.Abs(t))) }
