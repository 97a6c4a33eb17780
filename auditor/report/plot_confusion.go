package report

import (
	"fmt"

	"rollcall/auditor"
)

// confusionPlot is the confusion matrix, shaded by the share within each label.
func confusionPlot(s auditor.Summary) *canvas {
	if s.Members+s.NonMembers == 0 {
		return nil
	}
	c := newCanvas(510, 340, "Confusion matrix, "+s.Model)
	const left, top, width, height = 130.0, 46.0, 180.0, 120.0
	for i, words := range []string{"called member", "called non-member"} {
		c.text("", "middle", left+width*(float64(i)+0.5), top-14, words)
	}
	rows := []struct {
		words string
		n     int
		cells [2]int
	}{
		{"member", s.Members, [2]int{s.Confusion.TP, s.Confusion.FN}},
		{"non-member", s.NonMembers, [2]int{s.Confusion.FP, s.Confusion.TN}},
	}
	for i, row := range rows {
		y := top + float64(i)*(height+6)
		c.text("", "end", left-12, y+height/2-2, row.words)
		c.text("note", "end", left-12, y+height/2+14, fmt.Sprintf("n = %d", row.n))
		for j, n := range row.cells {
			x := left + float64(j)*(width+6)
			c.rect("cell", x, y, width, height)
			if row.n == 0 {
				c.text("note", "middle", x+width/2, y+height/2+4, notMeasured)
				continue
			}
			share := float64(n) / float64(row.n)
			c.shade(0.45*share, x, y, width, height)
			c.text("big", "middle", x+width/2, y+height/2+2, fmt.Sprint(n))
			c.text("", "middle", x+width/2, y+height/2+22, percent(share)+" %")
		}
	}
	return c
}
