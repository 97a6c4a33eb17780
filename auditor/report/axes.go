package report

import (
	"fmt"
	"math"
)

// axes is a rectangle of a canvas with a scale on each side.
type axes struct {
	*canvas
	left, right, top, bottom float64
	xLow, xHigh, yLow, yHigh float64
}

// newAxes leaves room for labels around the plot area.
func newAxes(c *canvas, left, right float64) *axes {
	return &axes{canvas: c, left: left, right: right, top: 18, bottom: c.height - 52, xHigh: 1, yHigh: 1}
}

func (a *axes) x(v float64) float64 {
	return a.left + (v-a.xLow)/(a.xHigh-a.xLow)*(a.right-a.left)
}

func (a *axes) y(v float64) float64 {
	return a.bottom - (v-a.yLow)/(a.yHigh-a.yLow)*(a.bottom-a.top)
}

func (a *axes) at(x, y float64) point { return point{a.x(x), a.y(y)} }

// yShares draws a y axis of shares from 0 to 100 %.
func (a *axes) yShares(label string) {
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		a.line("grid", a.left, a.y(v), a.right, a.y(v))
		a.text("tick", "end", a.left-8, a.y(v)+4, fmt.Sprintf("%.0f %%", v*100))
	}
	a.upright(a.left-46, (a.top+a.bottom)/2, label)
}

// yNumbers draws a y axis with round steps.
func (a *axes) yNumbers(label string) {
	for _, v := range roundSteps(a.yLow, a.yHigh, 7) {
		a.line("grid", a.left, a.y(v), a.right, a.y(v))
		a.text("tick", "end", a.left-8, a.y(v)+4, trimmed(v))
	}
	a.upright(a.left-46, (a.top+a.bottom)/2, label)
}

// xTick marks a value on the x axis.
func (a *axes) xTick(v float64, words string) {
	a.line("axis", a.x(v), a.bottom, a.x(v), a.bottom+4)
	a.text("tick", "middle", a.x(v), a.bottom+18, words)
}

func (a *axes) xLabel(words string) {
	a.line("axis", a.left, a.bottom, a.right, a.bottom)
	a.text("", "middle", (a.left+a.right)/2, a.height-8, words)
}

// whisker draws an interval at x.
func (a *axes) whisker(class string, x, low, high float64) {
	if math.IsNaN(low) || math.IsNaN(high) {
		return
	}
	a.line(class+" thin", a.x(x), a.y(low), a.x(x), a.y(high))
	for _, end := range []float64{low, high} {
		a.line(class+" thin", a.x(x)-4, a.y(end), a.x(x)+4, a.y(end))
	}
}

// roundSteps are about n round values from low to high.
func roundSteps(low, high float64, n int) []float64 {
	if !(high > low) {
		return []float64{low}
	}
	raw := (high - low) / float64(n)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*unit {
			step = m * unit
			break
		}
	}
	var out []float64
	for i := math.Ceil(low / step); i*step <= high*(1+1e-9); i++ {
		out = append(out, i*step+0) // + 0 turns -0 into 0
	}
	return out
}

func trimmed(v float64) string { return fmt.Sprintf("%.4g", v) }
