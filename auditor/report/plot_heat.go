package report

import (
	"fmt"
	"math"

	"rollcall/auditor"
)

// heatPlot is the true-positive rate over k and frequency bin.
func heatPlot(s auditor.Summary) *canvas {
	if s.Curve == nil || len(s.Curve.Bins) < 2 || len(s.Curve.Points) == 0 {
		return nil
	}
	c := newCanvas(510, 340, "True-positive rate by photos and count, "+s.Model)
	const left, right, top = 70.0, 500.0, 14.0
	bottom := c.height - 52
	points, bins := s.Curve.Points, s.Curve.Bins
	width, height := (right-left)/float64(len(points)), (bottom-top)/float64(len(bins))
	for i, p := range points {
		x := left + float64(i)*width
		if len(points) <= 12 || i%2 == 0 {
			c.text("tick", "middle", x+width/2, bottom+18, fmt.Sprint(p.K))
		}
		for b, v := range p.ByBin {
			y := bottom - float64(b+1)*height
			c.rect("cell", x+1, y+1, width-2, height-2)
			if math.IsNaN(float64(v)) {
				continue
			}
			c.shade(float64(v), x+1, y+1, width-2, height-2)
			if width >= 24 {
				c.text(shadeClass(float64(v)), "middle", x+width/2, y+height/2+4, fmt.Sprintf("%.0f", float64(v)*100))
			}
		}
	}
	for b, label := range bins {
		c.text("tick", "end", left-8, bottom-(float64(b)+0.5)*height+4, label)
	}
	c.upright(left-50, (top+bottom)/2, "training count")
	c.text("", "middle", (left+right)/2, c.height-8, "photos a person (k); figures in %")
	return c
}

// shadeClass is the class of a figure that reads best on a shade: the ink turns to the paper's
// colour at 0.8 on a light page and at 0.6 on a dark one.
func shadeClass(shade float64) string {
	switch {
	case shade <= 0.6:
		return "faint"
	case shade <= 0.8:
		return "mid"
	default:
		return "full"
	}
}
