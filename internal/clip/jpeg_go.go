package clip

import (
	"bytes"
	"image"
	"image/jpeg"
)

// decodeGoJPEG decodes without libjpeg-turbo. Chroma is smoothed and colour
// converted with libjpeg-turbo's arithmetic; what is left is the inverse DCT,
// which the standard library rounds in another way, so a sample can be a level
// or two off.
func decodeGoJPEG(data []byte, h jpegHeader) (*raster, error) {
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, broken("JPEG: %v (libjpeg-turbo is not installed and may read it)", err)
	}
	if b := img.Bounds(); b.Dx() != h.width || b.Dy() != h.height {
		return nil, broken("JPEG has %d x %d pixels, its header says %d x %d", b.Dx(), b.Dy(), h.width, h.height)
	}
	out := newRaster(h.mode(), h.width, h.height)
	switch img := img.(type) {
	case *image.Gray:
		copyRows(out, img.Pix, img.Stride)
	case *image.CMYK:
		copyRows(out, img.Pix, img.Stride)
	case *image.RGBA:
		copyRows(out, img.Pix, img.Stride)
	case *image.YCbCr:
		smoothYCbCr(out, img)
	default:
		return nil, broken("JPEG decodes to %T, which is not handled", img)
	}
	return out, nil
}

// copyRows takes rows of out's pixel size that lie stride bytes apart.
func copyRows(out *raster, pix []byte, stride int) {
	n := out.width * out.mode.bytes()
	for y := range out.height {
		copy(out.pix[y*n:(y+1)*n], pix[y*stride:])
	}
}

// smoothYCbCr upsamples chroma the way libjpeg-turbo does by default and
// converts to RGB.
func smoothYCbCr(out *raster, img *image.YCbCr) {
	across, down := chromaRatio(img.SubsampleRatio)
	cw, ch := (out.width+across-1)/across, (out.height+down-1)/down
	near := make([][]int32, 2) // chroma rows, weighted vertically
	wide := make([][]byte, 2)  // and at full width
	for i := range near {
		near[i] = make([]int32, cw)
		wide[i] = make([]byte, cw*across)
	}
	for y := range out.height {
		scale := int32(1)
		for i, plane := range [][]byte{img.Cb, img.Cr} {
			row := func(at int) []byte { return plane[at*img.CStride : at*img.CStride+cw] }
			scale = weighRows(near[i], row, y, down, across, ch)
			widen(wide[i], near[i], across, scale, y)
		}
		luma := img.Y[y*img.YStride : y*img.YStride+out.width]
		jfifToRGB(out.pix[4*y*out.width:4*(y+1)*out.width], luma, wide[0], wide[1])
	}
}

// chromaRatio gives how many luma samples one chroma sample covers.
func chromaRatio(r image.YCbCrSubsampleRatio) (across, down int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}

// weighRows puts the chroma of luma row y in dst, times the scale it returns:
// 4 where two rows are mixed 3:1, else 1. Only ratios 2:2 (rows of more than
// two samples) and 1:2 are mixed.
func weighRows(dst []int32, row func(int) []byte, y, down, across, rows int) int32 {
	at := y / down
	nearest := row(at)
	if down != 2 || across > 2 || across == 2 && len(dst) <= 2 {
		for x, v := range nearest {
			dst[x] = int32(v)
		}
		return 1
	}
	other := row(max(at-1, 0))
	if y%2 == 1 {
		other = row(min(at+1, rows-1))
	}
	for x, v := range nearest {
		dst[x] = 3*int32(v) + int32(other[x])
	}
	return 4
}

// widen brings one weighted chroma row to full width. Rounding alternates, up
// and down, so that it has no bias.
func widen(dst []byte, src []int32, across int, scale int32, y int) {
	switch {
	case across == 1 && scale == 4:
		for x, v := range src {
			dst[x] = byte((v + 1 + int32(y%2)) >> 2)
		}
	case across == 2 && len(src) > 2 && scale == 4:
		smoothRow(dst, src, 8, 7, 4)
	case across == 2 && len(src) > 2:
		smoothRow(dst, src, 1, 2, 2)
	default:
		for x := range dst {
			dst[x] = byte(src[x/across])
		}
	}
}

// smoothRow doubles the width: each output takes 3/4 of the nearer sample and
// 1/4 of the other one. Left outputs are rounded with left, right ones with
// right, and shift takes out the weights.
func smoothRow(dst []byte, src []int32, left, right int32, shift uint) {
	for x, v := range src {
		before, after := src[max(x-1, 0)], src[min(x+1, len(src)-1)]
		dst[2*x] = byte((3*v + before + left) >> shift)
		dst[2*x+1] = byte((3*v + after + right) >> shift)
	}
}

// Colour conversion factors of the JFIF standard in 16-bit fixed point.
const (
	crToR = 91881  // 1.40200
	cbToB = 116130 // 1.77200
	crToG = 46802  // 0.71414
	cbToG = 22554  // 0.34414
)

// jfifToRGB converts one row.
func jfifToRGB(dst, luma, cb, cr []byte) {
	for x, v := range luma {
		y, b, r := int32(v), int32(cb[x])-128, int32(cr[x])-128
		dst[4*x] = clampByte(y + (crToR*r+1<<15)>>16)
		dst[4*x+1] = clampByte(y + (-cbToG*b-crToG*r+1<<15)>>16)
		dst[4*x+2] = clampByte(y + (cbToB*b+1<<15)>>16)
	}
}

// clampByte limits v to 0..255.
func clampByte(v int32) byte { return byte(min(max(v, 0), 255)) }
