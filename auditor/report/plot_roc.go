package report

import (
	"fmt"

	"rollcall/auditor"
)

// rocPlot is the ROC curve with the chance diagonal.
func rocPlot(s auditor.Summary) *canvas {
	if s.Calibration == nil || len(s.Calibration.ROC) == 0 {
		return nil
	}
	c := newCanvas(510, 340, "ROC, "+s.Model)
	a := newAxes(c, 70, 490)
	a.yShares("true-positive rate")
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		a.xTick(v, fmt.Sprintf("%.0f %%", v*100))
	}
	a.line("guide", a.x(0), a.y(0), a.x(1), a.y(1))
	points := []point{a.at(0, 0)}
	previous := auditor.ROCPoint{}
	for _, p := range s.Calibration.ROC {
		if p.TPR > previous.TPR && p.FPR > previous.FPR {
			points = append(points, a.at(p.FPR, p.TPR)) // tied scores: a slope
		} else {
			points = append(points, a.at(p.FPR, previous.TPR), a.at(p.FPR, p.TPR))
		}
		previous = p
	}
	a.path("a", points)
	a.xLabel("false-positive rate")
	a.text("note", "end", a.right-8, a.bottom-46, "AUC "+figure(s.Calibration.AUCZ))
	a.text("note", "end", a.right-8, a.bottom-28, fmt.Sprintf("%d members, %d non-members", s.Members, s.NonMembers))
	return c
}
