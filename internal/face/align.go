package face

import (
	"image"
	"image/draw"
	"math"
)

// similarity is x' = a*x - b*y + tx, y' = b*x + a*y + ty: turning, scaling and moving.
type similarity struct{ a, b, tx, ty float64 }

// fit gives the similarity that brings from closest to onto, in least squares. With points as
// complex numbers it is the regression onto = z*from + t.
func fit(from, onto [5]Point) similarity {
	var mx, my, ux, uy float64
	for i := range from {
		mx, my = mx+float64(from[i].X)/5, my+float64(from[i].Y)/5
		ux, uy = ux+float64(onto[i].X)/5, uy+float64(onto[i].Y)/5
	}
	var re, im, norm float64
	for i := range from {
		x, y := float64(from[i].X)-mx, float64(from[i].Y)-my
		u, v := float64(onto[i].X)-ux, float64(onto[i].Y)-uy
		re, im, norm = re+x*u+y*v, im+x*v-y*u, norm+x*x+y*y
	}
	if norm == 0 {
		norm = 1
	}
	a, b := re/norm, im/norm
	return similarity{a, b, ux - a*mx + b*my, uy - b*mx - a*my}
}

// maxSamples bounds the samples a side that are averaged for a pixel of a face that is made smaller.
const maxSamples = 8

// align cuts the face out, upright and of the layout's size.
func align(img *image.RGBA, landmarks [5]Point, l layout) *image.RGBA {
	back := fit(l.points, landmarks) // from the chip to the image
	step := math.Hypot(back.a, back.b)
	n := int(math.Ceil(min(max(step, 1), maxSamples)))
	chip := image.NewRGBA(image.Rect(0, 0, l.side, l.side))
	for y := range l.side {
		for x := range l.side {
			var sum [3]float64
			for i := range n * n {
				u := float64(x) + (float64(i%n)+0.5)/float64(n) - 0.5
				v := float64(y) + (float64(i/n)+0.5)/float64(n) - 0.5
				sample(img, back.a*u-back.b*v+back.tx, back.b*u+back.a*v+back.ty, &sum)
			}
			at := chip.PixOffset(x, y)
			for c := range sum {
				chip.Pix[at+c] = uint8(sum[c]/float64(n*n) + 0.5)
			}
			chip.Pix[at+3] = 255
		}
	}
	return chip
}

// sample adds the image's colour at a place, interpolated between four pixels; black outside.
func sample(img *image.RGBA, x, y float64, sum *[3]float64) {
	size := img.Bounds().Size()
	if !(x > -1 && y > -1 && x < float64(size.X) && y < float64(size.Y)) {
		return
	}
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := x-x0, y-y0
	for _, p := range [4]struct {
		dx, dy int
		weight float64
	}{{0, 0, (1 - fx) * (1 - fy)}, {1, 0, fx * (1 - fy)}, {0, 1, (1 - fx) * fy}, {1, 1, fx * fy}} {
		px, py := int(x0)+p.dx, int(y0)+p.dy
		if px < 0 || py < 0 || px >= size.X || py >= size.Y {
			continue
		}
		at := img.PixOffset(px, py)
		for c := range sum {
			sum[c] += p.weight * float64(img.Pix[at+c])
		}
	}
}

// planes gives an image channels first; r, g and b say which of its channels comes first, second
// and third.
func planes(img *image.RGBA, r, g, b int, mean, div float32) []float32 {
	size := img.Bounds().Size()
	n := size.X * size.Y
	out := make([]float32, 3*n)
	for i := range n {
		for k, c := range [3]int{r, g, b} {
			out[k*n+i] = (float32(img.Pix[4*i+c]) - mean) / div
		}
	}
	return out
}

// drawOver draws an image over white, for what is transparent.
func drawOver(out *image.RGBA, img image.Image) {
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Over)
}
