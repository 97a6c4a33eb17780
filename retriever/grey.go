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
// rounded; what is transparent keeps its colour. JPEG and WebP store that sum as Y, where it is taken
// from: but for rounding, and colours that do not exist, it is the same.
func newGrey(from image.Image) grey {
	b := from.Bounds()
	g := grey{b.Dx(), b.Dy(), make([]byte, 0, b.Dx()*b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		switch m := from.(type) {
		case *image.Gray:
			g.pix = append(g.pix, m.Pix[m.PixOffset(b.Min.X, y):][:g.width]...)
		case *image.YCbCr:
			g.pix = append(g.pix, m.Y[m.YOffset(b.Min.X, y):][:g.width]...)
		case *image.NYCbCrA:
			g.pix = append(g.pix, m.Y[m.YOffset(b.Min.X, y):][:g.width]...)
		default:
			for x := b.Min.X; x < b.Max.X; x++ {
				g.pix = append(g.pix, greyAt(from, x, y))
			}
		}
	}
	return g
}

func greyAt(from image.Image, x, y int) byte {
	if m, ok := from.(*image.NRGBA); ok { // which At would allocate for
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
	columns, rows := lanczosTaps(g.width, width), lanczosTaps(g.height, height)
	middle := make([]byte, width*g.height) // column by column, so that both passes read what lies together
	for y := range g.height {
		line := g.pix[y*g.width : (y+1)*g.width]
		for x := range columns {
			middle[x*g.height+y] = columns[x].sum(line)
		}
	}
	out := grey{width, height, make([]byte, width*height)}
	for x := range width {
		column := middle[x*g.height : (x+1)*g.height]
		for y := range rows {
			out.pix[y*width+x] = rows[y].sum(column)
		}
	}
	return out
}

// taps are the pixels that make one, from first on, and their weights in units of 2^-22.
type taps struct {
	first   int
	weights []int32
}

const tapBits = 22

// sum weighs the pixels of a line. The weights add up to 2^22, and their sizes to less than 2^23, so
// that the sum stays below 2^31.
func (t *taps) sum(line []byte) byte {
	total := int32(1) << (tapBits - 1)
	line = line[t.first:][:len(t.weights)]
	for i, w := range t.weights {
		total += w * int32(line[i])
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
		all[i] = taps{first, make([]int32, len(shares))}
		for k, share := range shares {
			all[i].weights[k] = int32(math.Round(share / sum * (1 << tapBits)))
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
