package clip

import "image"

// webpToRGBA converts img as libwebp does by default: chroma smoothed over its
// four nearest samples, then libwebp's own fixed-point YUV (BT.601, studio
// range). Rows of dst lie stride bytes apart. Without alpha, pixels are opaque.
func webpToRGBA(dst []byte, stride int, img *image.YCbCr, alpha []byte, alphaStride int) {
	width, height := img.Bounds().Dx(), img.Bounds().Dy()
	cw, ch := (width+1)/2, (height+1)/2
	u, v := make([]byte, width), make([]byte, width)
	for y := range height {
		near, other := y/2, y/2-1
		if y%2 == 1 {
			other = y/2 + 1
		}
		other = min(max(other, 0), ch-1)
		n, o := near*img.CStride, other*img.CStride
		webpWiden(u, img.Cb[n:n+cw], img.Cb[o:o+cw])
		webpWiden(v, img.Cr[n:n+cw], img.Cr[o:o+cw])
		row := dst[y*stride:]
		for x, luma := range img.Y[y*img.YStride : y*img.YStride+width] {
			px := row[4*x : 4*x+4]
			px[0], px[1], px[2] = webpRGB(int32(luma), int32(u[x]), int32(v[x]))
			px[3] = 255
			if alpha != nil {
				px[3] = alpha[y*alphaStride+x]
			}
		}
	}
}

// webpWiden brings chroma to full width. near is the closer chroma row, other
// the one on the far side; each output weighs its four neighbours 9:3:3:1, with
// libwebp's roundings.
func webpWiden(dst, near, other []byte) {
	last := len(near) - 1
	for x := range dst {
		at := x / 2
		side := at - 1
		if x%2 == 1 {
			side = at + 1
		}
		n, o := int32(near[at]), int32(other[at])
		if side < 0 || side > last {
			dst[x] = byte((3*n + o + 2) >> 2)
			continue
		}
		ns, os := int32(near[side]), int32(other[side])
		dst[x] = byte(((n+3*ns+3*o+os+8)>>3 + n) >> 1)
	}
}

// webpRGB converts one pixel.
func webpRGB(y, u, v int32) (r, g, b byte) {
	luma := y * 19077 >> 8
	r = webpClip(luma + v*26149>>8 - 14234)
	g = webpClip(luma - u*6419>>8 - v*13320>>8 + 8708)
	b = webpClip(luma + u*33050>>8 - 17685)
	return r, g, b
}

// webpClip takes libwebp's 6-bit fixed point to a byte.
func webpClip(v int32) byte { return byte(min(max(v>>6, 0), 255)) }
