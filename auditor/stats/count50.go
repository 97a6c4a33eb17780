package stats

import "math"

// Count50 is the count at which a fit on x = log10(count + 1) reaches one half, with Fieller's
// interval (Fieller, JRSS B 16, 1954): every x for which the fitted logit is not distinguishable
// from 0. Where the slope is not distinguishable from 0 there is no finite interval, which is said.
// Counts below 0 can come out where one half lies beyond the data.
func (f Logistic) Count50(confidence float64) Estimate {
	e := Estimate{
		Value: countAt(-f.Intercept / f.Slope), Confidence: confidence, N: f.N,
		Low: math.NaN(), High: math.NaN(), Method: "logistic fit on log10(count+1), Fieller",
	}
	z2 := math.Pow(normalQuantile(confidence), 2)
	a := f.Slope*f.Slope - z2*f.Cov[1][1]
	b := f.Intercept*f.Slope - z2*f.Cov[0][1]
	c := f.Intercept*f.Intercept - z2*f.Cov[0][0]
	root := b*b - a*c
	if a <= 0 || root < 0 {
		e.Warnings = append(e.Warnings, "the slope is not distinguishable from 0: the count for 50 % has no finite interval")
		return e
	}
	e.Low, e.High = countAt((-b-math.Sqrt(root))/a), countAt((-b+math.Sqrt(root))/a)
	return e
}

// Count50Delta is Count50 with the delta method's interval, made on the log10(count+1) scale.
func (f Logistic) Count50Delta(confidence float64) Estimate {
	x := -f.Intercept / f.Slope
	// d(x50)/d(intercept) = -1/slope, d(x50)/d(slope) = intercept/slope^2 = -x50/slope.
	variance := (f.Cov[0][0] + 2*x*f.Cov[0][1] + x*x*f.Cov[1][1]) / (f.Slope * f.Slope)
	half := normalQuantile(confidence) * math.Sqrt(variance)
	return Estimate{
		Value: countAt(x), Low: countAt(x - half), High: countAt(x + half),
		Confidence: confidence, N: f.N, Method: "logistic fit on log10(count+1), delta method",
	}
}

func countAt(x float64) float64 { return math.Pow(10, x) - 1 }
