package report

import (
	"fmt"
	"math"

	"rollcall/auditor"
)

// frequencyPlot is detection against the training count on a log10(count + 1) axis.
func frequencyPlot(s auditor.Summary) *canvas {
	f := s.Frequency
	if f == nil {
		return nil
	}
	c := newCanvas(1040, 400, "Detection against training count, "+s.Model)
	a := newAxes(c, 70, 1020)
	a.bottom = c.height - 68
	a.xHigh = logCount(lastCount(f)) + 0.12
	a.xLow = -0.12
	a.yShares("persons detected")
	drawFits(a, f)
	nudged := -math.MaxFloat64
	mark := func(class string, x float64, label string, b auditor.Bin) {
		if b.Persons == 0 {
			return
		}
		a.whisker(class, x, b.Rate.Low, b.Rate.High)
		a.circle("f"+class, a.x(x), a.y(b.Rate.Value), 5)
		if a.x(x)-nudged >= 30 {
			a.xTick(x, label)
			a.text("note", "middle", a.x(x), a.bottom+33, fmt.Sprintf("n = %d", b.Persons))
			nudged = a.x(x)
		}
	}
	if s.NonMembers > 0 {
		mark("b", 0, "0", auditor.Bin{Persons: s.NonMembers, Rate: s.Rates.FPR})
	}
	for _, b := range f.Bins {
		mark("a", logCount(middle(b)), b.Label, b)
	}
	a.xLabel("pairs of the person in the training data")
	return c
}

// drawFits draws the logistic curve with its 50 % count and the isotonic steps.
func drawFits(a *axes, f *auditor.Frequency) {
	var steps []point
	for i, k := range f.Isotonic {
		if i > 0 {
			steps = append(steps, a.at(logCount(float64(k.Count)), f.Isotonic[i-1].Rate))
		}
		steps = append(steps, a.at(logCount(float64(k.Count)), k.Rate))
	}
	a.path("axis", steps)
	if f.Logistic == nil {
		return
	}
	var curve []point
	for i := 0; i <= 100; i++ {
		x := a.xHigh * float64(i) / 100
		p := 1 / (1 + math.Exp(-(f.Logistic.Intercept.Value + f.Logistic.Slope.Value*x)))
		curve = append(curve, a.at(x, p))
	}
	a.path("a dash", curve)
	half := f.Logistic.Count50
	if x := logCount(half.Value); half.Value > 0 && x < a.xHigh {
		if half.Low > -1 && logCount(half.High) < a.xHigh {
			low := max(a.xLow, logCount(half.Low))
			a.rect("band-a", a.x(low), a.y(0.5)-4, a.x(logCount(half.High))-a.x(low), 8)
		}
		a.line("guide", a.x(x), a.y(0.5), a.x(x), a.bottom)
		a.text("note halo", "start", a.x(x)+8, a.bottom-12, "50 % at a count of "+short(half.Value))
	}
}

func logCount(n float64) float64 { return math.Log10(n + 1) }

// middle is where a bin stands: its count, or the geometric middle of a wide bin.
func middle(b auditor.Bin) float64 {
	if b.High == 0 || b.High == b.Low+1 {
		return float64(b.Low)
	}
	return math.Sqrt(float64(b.Low+1)*float64(b.High)) - 1
}

func lastCount(f *auditor.Frequency) float64 {
	most := 1.0
	for _, b := range f.Bins {
		most = max(most, middle(b))
	}
	return most
}
