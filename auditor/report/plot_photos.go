package report

import (
	"fmt"

	"rollcall/auditor"
)

// curvePlot is TPR and FPR against the number of photos k.
func curvePlot(s auditor.Summary) *canvas {
	if s.Curve == nil || len(s.Curve.Points) == 0 {
		return nil
	}
	c := newCanvas(510, 340, "Rates against the number of photos, "+s.Model)
	a := newAxes(c, 70, 490)
	points := s.Curve.Points
	a.xLow, a.xHigh = float64(points[0].K)-0.6, float64(points[len(points)-1].K)+0.6
	a.yShares("share")
	drawCurve(a, "a", points, func(p auditor.CurvePoint) auditor.DrawRate { return p.TPR })
	drawCurve(a, "b", points, func(p auditor.CurvePoint) auditor.DrawRate { return p.FPR })
	last := -100.0
	for _, p := range points {
		if x := a.x(float64(p.K)); x-last >= 26 {
			a.xTick(float64(p.K), fmt.Sprint(p.K))
			last = x
		}
	}
	a.xLabel("photos a person (k)")
	end := points[len(points)-1]
	legend(a, []string{
		fmt.Sprintf("TPR, n = %d members", end.Members),
		fmt.Sprintf("FPR, n = %d non-members", end.NonMembers),
	})
	return c
}

func drawCurve(a *axes, class string, points []auditor.CurvePoint, of func(auditor.CurvePoint) auditor.DrawRate) {
	var middle, upper, lower []point
	for _, p := range points {
		r := of(p)
		if !r.Mean.Defined() {
			return
		}
		k, sd := float64(p.K), float64(r.SD)
		if p.Draws < 2 {
			sd = 0
		}
		middle = append(middle, a.at(k, r.Mean.Value))
		upper = append(upper, a.at(k, min(1, r.Mean.Value+sd)))
		lower = append(lower, a.at(k, max(0, r.Mean.Value-sd)))
		a.whisker(class, k, r.Mean.Low, r.Mean.High)
	}
	a.band("band-"+class, upper, lower)
	a.path(class, middle)
	for _, m := range middle {
		a.circle("f"+class, m.x, m.y, 3)
	}
}

// legend names the first and the second colour in the plot's upper right corner.
func legend(a *axes, words []string) {
	for i, w := range words {
		y := a.top + 14 + float64(i)*17
		a.circle([]string{"fa", "fb"}[i], a.right-178, y-4, 4)
		a.text("note", "start", a.right-168, y, w)
	}
}
