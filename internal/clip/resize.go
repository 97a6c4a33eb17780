package clip

import "fmt"

// square resizes img and cuts the crop out of it. The result is in modeGray or
// modeRGB; it may overwrite img's pixels.
func (p *Preprocessor) square(img *raster) (*raster, error) {
	part := p.spec.frame(img.width, img.height)
	if img.of != [2]int{} {
		part = p.spec.frame(img.of[0], img.of[1])
	}
	if p.spec.ConvertFirst {
		img = img.rgb()
	}
	small, err := p.resize(img, part)
	if err != nil {
		return nil, err
	}
	return small.rgb(), nil
}

// maxResized bounds the sides of a resized image, of which only the crop is
// computed: 2^31 bytes in four-byte pixels, Pillow's longest row.
const maxResized = 1 << 29

// resize gives the crop of the resized img, in img's mode. It may overwrite
// img's pixels.
func (p *Preprocessor) resize(img *raster, f framing) (*raster, error) {
	if img.width == f.width && img.height == f.height {
		return crop(img, f), nil
	}
	if max(f.width, f.height) > maxResized {
		return nil, fmt.Errorf("%w: %d x %d pixels would be resized to %d x %d, and Pillow has no rows that long",
			ErrTooLarge, img.width, img.height, f.width, f.height)
	}
	switch img.mode {
	case modePalette, modeBilevel:
		return nearest(img, f), nil
	case modeGray16:
		return bicubic16(img, f)
	case modeRGBA:
		premultiply(img.pix)
		out, err := p.bicubic(img, f)
		if err == nil {
			unpremultiply(out.pix)
		}
		return out, err
	}
	return p.bicubic(img, f)
}

// crop cuts the square out of an image that has its final size already.
func crop(img *raster, f framing) *raster {
	out := newRaster(img.mode, f.size, f.size)
	out.palette = img.palette
	n := img.mode.bytes()
	for y := range f.size {
		from := ((f.top+y)*img.width + f.left) * n
		copy(out.pix[y*f.size*n:(y+1)*f.size*n], img.pix[from:])
	}
	return out
}

// packRGB drops the fourth byte of modeRGB and spreads modeGray over three.
func packRGB(img *raster) []byte {
	out := make([]byte, 3*img.width*img.height)
	if img.mode == modeGray {
		for i, v := range img.pix {
			out[3*i], out[3*i+1], out[3*i+2] = v, v, v
		}
		return out
	}
	src := img.pix
	for i := 0; i+2 < len(out); i += 3 {
		out[i], out[i+1], out[i+2] = src[0], src[1], src[2]
		src = src[4:]
	}
	return out
}

// nearest resizes by picking pixels. Positions are added up step by step, not
// multiplied, because Pillow's rounding depends on it.
func nearest(img *raster, f framing) *raster {
	columns := nearestPositions(img.width, f.width, f.left, f.size)
	rows := nearestPositions(img.height, f.height, f.top, f.size)
	out := newRaster(img.mode, f.size, f.size)
	out.palette = img.palette
	for y, sy := range rows {
		src, dst := img.pix[sy*img.width:(sy+1)*img.width], out.pix[y*f.size:(y+1)*f.size]
		for x, sx := range columns {
			dst[x] = src[sx]
		}
	}
	return out
}

// nearestPositions gives the source position of the resized positions
// from..from+n-1, for a side that goes from in to out pixels.
func nearestPositions(in, out, from, n int) []int {
	step := float64(in) / float64(out)
	at := step * 0.5
	for range from {
		at += step
	}
	positions := make([]int, n)
	for i := range positions {
		positions[i] = min(int(at), in-1)
		at += step
	}
	return positions
}

// bicubic resizes modes of one or four bytes a pixel: a horizontal pass over
// the rows that the crop needs, rounded to bytes, then a vertical one. The
// result is lent from squares.
func (p *Preprocessor) bicubic(img *raster, f framing) (*raster, error) {
	columns, err := p.weights.of(side{img.width, f.width, f.left, f.size})
	if err != nil {
		return nil, err
	}
	rows, err := p.weights.of(side{img.height, f.height, f.top, f.size})
	if err != nil {
		return nil, err
	}
	first, last := rows.span()
	n := img.mode.bytes()
	middle := p.rows.get((last - first) * f.size * n)
	defer p.rows.put(middle)
	src := img.pix[first*img.width*n : last*img.width*n]
	if n == 4 {
		p.kernels.horizontal(columns, *middle, src, last-first)
	} else {
		columns.eachRow(*middle, src, last-first, columns.row1)
	}
	out := p.squares.get(f.size * f.size * n)
	p.kernels.vertical(rows, *out, *middle, f.size*n, first)
	return &raster{mode: img.mode, width: f.size, height: f.size, pix: *out, lent: out}, nil
}

// maxWeights bounds one side's table of weights: 64 MiB. Only sides of millions
// of pixels, squashed, come near it.
const maxWeights = 1 << 24

// checkWeights refuses sides whose weights would not fit the bound.
func checkWeights(in, n, perPixel int) error {
	if n*perPixel > maxWeights {
		return fmt.Errorf("%w: a side of %d pixels cannot be resized within the memory allowed", ErrTooLarge, in)
	}
	return nil
}
