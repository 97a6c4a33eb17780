package report

import (
	"fmt"
	"math"

	"rollcall/auditor"
)

// scorePlot sets each person's decoy-standardised score against the training count; persons with
// an unknown count stand at the left.
func scorePlot(findings []auditor.Finding) *canvas {
	low, high, most := -2.5, 2.5, 1.0
	shown, known := 0, false
	for _, f := range findings {
		if f.Z == nil {
			continue
		}
		shown++
		low, high = min(low, *f.Z), max(high, *f.Z)
		if f.Count != nil {
			known = true
			most = max(most, float64(*f.Count))
		}
	}
	if shown == 0 {
		return nil
	}
	c := newCanvas(510, 340, "Scores against decoys")
	a := newAxes(c, 70, 490)
	a.yLow, a.yHigh = math.Floor(low), math.Ceil(high)
	a.xLow, a.xHigh = -0.15, logCount(most)+0.15
	a.yNumbers("score, in decoy sd")
	a.rect("band-a", a.left, a.y(1.96), a.right-a.left, a.y(-1.96)-a.y(1.96))
	for i, f := range findings {
		if f.Z == nil {
			continue
		}
		x := 0.0
		if f.Count != nil {
			x = logCount(float64(*f.Count))
		}
		// Spread equal counts over a few pixels, by position on the roster, to keep them apart.
		x += (float64(i*7%13) - 6) / 6 * 0.04 * a.xHigh
		class := "dot-a"
		if f.Member != nil && !*f.Member {
			class = "dot-b"
		}
		a.circle(class, a.x(x), a.y(*f.Z), 3)
	}
	if !known {
		a.xLabel("persons (training counts unknown)")
		return c
	}
	for _, n := range []float64{0, 1, 3, 10, 30, 100, 300, 1000, 10_000, 100_000} {
		if n <= most {
			a.xTick(logCount(n), fmt.Sprint(n))
		}
	}
	a.xLabel("training count (blue: members, rust: non-members)")
	return c
}
