package retriever

import (
	"image"
	"image/color"
	"math"
)

// grey is an image of one byte a pixel, row by row.
type grey struct {
	width, height int
	pix           []byte
}

// newGrey converts as Pillow's convert("L") does: 0.299 R + 0.587 G + 0.114 B (ITU-R 601) in 16 bits,
// rounded; what is transparent keeps its colour.
func newGrey(from image.Image) grey {
	b := from.Bounds()
	g := grey{b.Dx(), b.Dy(), make([]byte, 0, b.Dx()*b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			g.pix = append(g.pix, greyAt(from, x, y))
		}
	}
	return g
}

// greyAt has the types that decoders give most; At would allocate, and take colour away with alpha.
func greyAt(from image.Image, x, y int) byte {
	switch m := from.(type) {
	case *image.Gray:
		return m.GrayAt(x, y).Y
	case *image.YCbCr:
		c := m.YCbCrAt(x, y)
		return luma(color.YCbCrToRGB(c.Y, c.Cb, c.Cr))
	case *image.NYCbCrA:
		c := m.YCbCrAt(x, y)
		return luma(color.YCbCrToRGB(c.Y, c.Cb, c.Cr))
	case *image.NRGBA:
		c := m.NRGBAAt(x, y)
		return luma(c.R, c.G, c.B)
	}
	c := color.NRGBAModel.Convert(from.At(x, y)).(color.NRGBA)
	return luma(c.R, c.G, c.B)
}

func luma(r, g, b byte) byte {
	return byte((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 1<<15) >> 16)
}

// lanczos resizes as Pillow's Resampling.LANCZOS does: rows first, then columns, each rounded to
// bytes; of a smaller image the kernel is as much wider.
func (g grey) lanczos(width, height int) grey {
	middle := grey{width, g.height, make([]byte, width*g.height)}
	for x, taps := range lanczosTaps(g.width, width) {
		for y := range g.height {
			middle.pix[y*width+x] = taps.sum(g.pix[y*g.width:], 1)
		}
	}
	out := grey{width, height, make([]byte, width*height)}
	for y, taps := range lanczosTaps(g.height, height) {
		for x := range width {
			out.pix[y*width+x] = taps.sum(middle.pix[x:], width)
		}
	}
	return out
}

// taps are the pixels that make one, from first on, and their weights in units of 2^-22.
type taps struct {
	first   int
	weights []int64
}

const tapBits = 22

// sum weighs the pixels of a line that are step bytes apart.
func (t taps) sum(line []byte, step int) byte {
	total := int64(1) << (tapBits - 1)
	for i, w := range t.weights {
		total += w * int64(line[(t.first+i)*step])
	}
	return byte(min(max(total>>tapBits, 0), 255))
}

// lanczosTaps gives for each of out pixels those of in that it is made of.
func lanczosTaps(in, out int) []taps {
	all := make([]taps, out)
	scale := float64(in) / float64(out)
	stretch := max(scale, 1) // the kernel is not narrower than a pixel
	support := 3 * stretch
	for i := range all {
		center := (float64(i) + 0.5) * scale
		first := max(int(center-support+0.5), 0)
		last := min(int(center+support+0.5), in)
		shares := make([]float64, last-first)
		var sum float64
		for k := range shares {
			shares[k] = lanczos3((float64(first+k) - center + 0.5) / stretch)
			sum += shares[k]
		}
		all[i] = taps{first, make([]int64, len(shares))}
		for k, share := range shares {
			all[i].weights[k] = int64(math.Round(share / sum * (1 << tapBits)))
		}
	}
	return all
}

// lanczos3 is sinc(x) sinc(x/3) for |x| < 3.
func lanczos3(x float64) float64 {
	switch {
	case x == 0:
		return 1
	case math.Abs(x) >= 3:
		return 0
	}
	return 3 * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/3) / (math.Pi * math.Pi * x * x)
}
