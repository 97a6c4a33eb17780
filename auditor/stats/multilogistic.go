package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// MultiLogistic is a fit of P(y = 1) = 1 / (1 + exp(-(b0 + b1 x1 + ... ))).
type MultiLogistic struct {
	Coef   []float64 // intercept first
	LogLik float64   // at Coef, with Firth's penalty where that was used
	N      int
	Firth  bool

	x [][]float64 // rows, the intercept's 1 first
	y []float64
}

// FitMultiLogistic fits by maximum likelihood. x has a row of covariates for each y, which is 0 or 1.
// It refuses, wrapping ErrNoFit, data without a finite estimate: outcomes that a combination of
// covariates separates, or covariates of which one follows from the others.
func FitMultiLogistic(x [][]float64, y []float64) (MultiLogistic, error) {
	return fitMulti(x, y, false)
}

// FitFirth fits with Firth's penalty (Firth, Biometrika 80, 1993; Heinze and Schemper, Stat. Med. 21,
// 2002), which has a finite estimate where outcomes are separated and less bias where they are few.
func FitFirth(x [][]float64, y []float64) (MultiLogistic, error) { return fitMulti(x, y, true) }

func fitMulti(x [][]float64, y []float64, firth bool) (MultiLogistic, error) {
	f := MultiLogistic{N: len(y), Firth: firth, y: y}
	if len(x) != len(y) || len(x) == 0 || len(x) <= len(x[0])+1 {
		return f, fmt.Errorf("%w: %d observations are too few", ErrNoFit, len(y))
	}
	for i, row := range x {
		if len(row) != len(x[0]) || (y[i] != 0 && y[i] != 1) {
			return f, fmt.Errorf("%w: observation %d has %d covariates and outcome %v", ErrNoFit, i+1, len(row), y[i])
		}
		f.x = append(f.x, append([]float64{1}, row...))
	}
	if m := Mean(y); m == 0 || m == 1 {
		return f, fmt.Errorf("%w: every outcome is %v", ErrNoFit, m)
	}
	free := make([]int, len(f.x[0]))
	for j := range free {
		free[j] = j
	}
	var err error
	f.Coef, f.LogLik, err = f.maximise(make([]float64, len(free)), free)
	return f, err
}

// maximise moves the free coefficients from a start to the best (penalised) likelihood by Newton's
// method with halved steps.
func (f MultiLogistic) maximise(start []float64, free []int) ([]float64, float64, error) {
	at := append([]float64(nil), start...)
	best, err := f.logLik(at)
	if err != nil {
		return nil, 0, err
	}
	rounds := 100
	if f.Firth {
		rounds = 5000 // the information is not the penalised likelihood's curvature: steps shrink slowly
	}
	for range rounds {
		step, err := f.newton(at, free)
		if err != nil {
			return nil, 0, err
		}
		size := 0.0
		for range 40 {
			next := append([]float64(nil), at...)
			size = 0
			for i, j := range free {
				next[j] += step[i]
				size += math.Abs(step[i]) / (1 + math.Abs(at[j]))
			}
			value, err := f.logLik(next)
			if err == nil && value >= best-1e-12*math.Abs(best) {
				at, best = next, value
				break
			}
			for i := range step {
				step[i] /= 2
			}
		}
		if size < 1e-11 {
			return at, best, nil
		}
	}
	return nil, 0, fmt.Errorf("%w: the covariates separate the outcomes", ErrNoFit)
}

// newton is the step of the free coefficients: the inverse of their information times the score,
// which Firth's penalty changes by half a leverage.
func (f MultiLogistic) newton(at []float64, free []int) ([]float64, error) {
	whole, chol, err := f.information(at)
	if err != nil {
		return nil, err
	}
	var inverse mat.SymDense
	if f.Firth {
		if err := chol.InverseTo(&inverse); err != nil {
			return nil, fmt.Errorf("%w: the information matrix is singular", ErrNoFit)
		}
	}
	score := mat.NewVecDense(len(free), nil)
	for i, row := range f.x {
		p := logistic(inner(row, at))
		residual := f.y[i] - p
		if f.Firth {
			v := mat.NewVecDense(len(row), row)
			residual += p * (1 - p) * mat.Inner(v, &inverse, v) * (0.5 - p)
		}
		for k, j := range free {
			score.SetVec(k, score.AtVec(k)+residual*row[j])
		}
	}
	part := mat.NewSymDense(len(free), nil)
	for a, i := range free {
		for b := a; b < len(free); b++ {
			part.SetSym(a, b, whole.At(i, free[b]))
		}
	}
	var partChol mat.Cholesky
	if !partChol.Factorize(part) {
		return nil, fmt.Errorf("%w: the information matrix is singular", ErrNoFit)
	}
	var step mat.VecDense
	if err := partChol.SolveVecTo(&step, score); err != nil {
		return nil, fmt.Errorf("%w: the information matrix is singular", ErrNoFit)
	}
	return step.RawVector().Data, nil
}

// information is the observed information at some coefficients and its factor.
func (f MultiLogistic) information(at []float64) (*mat.SymDense, *mat.Cholesky, error) {
	info := mat.NewSymDense(len(at), nil)
	for _, row := range f.x {
		p := logistic(inner(row, at))
		info.SymRankOne(info, p*(1-p), mat.NewVecDense(len(row), row))
	}
	var chol mat.Cholesky
	if !chol.Factorize(info) || chol.Cond() > 1e13 {
		return nil, nil, fmt.Errorf("%w: one covariate follows from the others, or they separate the outcomes", ErrNoFit)
	}
	return info, &chol, nil
}

func (f MultiLogistic) logLik(at []float64) (float64, error) {
	sum := 0.0
	for i, row := range f.x {
		t := inner(row, at)
		sum += f.y[i]*t - softplus(t)
	}
	if !f.Firth {
		return sum, nil
	}
	_, chol, err := f.information(at)
	if err != nil {
		return 0, err
	}
	return sum + chol.LogDet()/2, nil
}

func inner(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

// Profile is coefficient j (0 is the intercept) with its profile likelihood interval; an end that
// the data set no bound on is infinite.
func (f MultiLogistic) Profile(j int, confidence float64) Estimate {
	z := normalQuantile(confidence)
	floor := f.LogLik - z*z/2
	edge := func(sign float64) float64 {
		// Each fit starts from the one before: far out, Newton's method needs to be near.
		start := f.Coef
		holds := func(value float64) bool {
			at, best, err := f.profile(j, value, start)
			if err != nil || best < floor {
				return false
			}
			start = at
			return true
		}
		step := 0.25 * (1 + math.Abs(f.Coef[j])/4)
		inside := f.Coef[j]
		for range 200 {
			if !holds(inside + sign*step) {
				return bisect(inside, inside+sign*step, holds)
			}
			inside += sign * step
			step *= 1.1
		}
		return math.Inf(int(sign))
	}
	method := "maximum likelihood, profile likelihood"
	if f.Firth {
		method = "Firth's penalised likelihood, profile"
	}
	return Estimate{Value: f.Coef[j], Low: edge(-1), High: edge(1), Confidence: confidence, N: f.N, Method: method}
}

// LikelihoodRatioP is the p-value of coefficient j by the (penalised) likelihood ratio against 0;
// NaN where the model without it has no fit.
func (f MultiLogistic) LikelihoodRatioP(j int) float64 {
	_, without, err := f.profile(j, 0, f.Coef)
	if err != nil {
		return math.NaN()
	}
	return math.Erfc(math.Sqrt(max(0, f.LogLik-without)))
}

// profile is the best likelihood with coefficient j held at a value, and where it is.
func (f MultiLogistic) profile(j int, value float64, from []float64) ([]float64, float64, error) {
	start := append([]float64(nil), from...)
	start[j] = value
	var free []int
	for k := range start {
		if k != j {
			free = append(free, k)
		}
	}
	return f.maximise(start, free)
}
