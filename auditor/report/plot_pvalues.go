package report

import (
	"fmt"

	"rollcall/auditor"
)

// pValuePlot is two histograms of p-values, non-members' and members'.
func pValuePlot(s auditor.Summary) *canvas {
	if s.Calibration == nil || s.Members+s.NonMembers == 0 {
		return nil
	}
	c := newCanvas(510, 340, "Rank p-values by label, "+s.Model)
	bins := s.Calibration.PHistogram
	ks := s.Calibration.NonMembersKS
	if ks.N > 0 {
		c.text("note", "start", 62, 36, "uniform: Kolmogorov-Smirnov p = "+short(float64(ks.P)))
	}
	histogram(newAxes(c, 62, 270), "b", fmt.Sprintf("non-members, n = %d", s.NonMembers), s.NonMembers, bins, func(b auditor.PHistogramBin) int { return b.NonMembers })
	histogram(newAxes(c, 318, 500), "a", fmt.Sprintf("members, n = %d", s.Members), s.Members, bins, func(b auditor.PHistogramBin) int { return b.Members })
	return c
}

func histogram(a *axes, class, note string, n int, bins []auditor.PHistogramBin, of func(auditor.PHistogramBin) int) {
	a.top = 50
	most := 1
	for _, b := range bins {
		most = max(most, of(b))
	}
	a.yHigh = float64(most) * 1.08
	for _, v := range roundSteps(0, a.yHigh, 4) {
		if v == float64(int(v)) {
			a.line("grid", a.left, a.y(v), a.right, a.y(v))
			a.text("tick", "end", a.left-6, a.y(v)+4, trimmed(v))
		}
	}
	width := 1 / float64(len(bins))
	for _, b := range bins {
		x := a.x(b.High - width)
		a.rect("f"+class, x+0.75, a.y(float64(of(b))), a.x(b.High)-x-1.5, a.bottom-a.y(float64(of(b))))
	}
	expected := a.y(float64(n) * width)
	a.line("guide", a.left, expected, a.right, expected)
	for _, v := range []float64{0, 0.5, 1} {
		a.xTick(v, trimmed(v))
	}
	a.xLabel("p")
	a.text("note", "start", a.left, 18, note)
}
