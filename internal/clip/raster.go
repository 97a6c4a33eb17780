package clip

// pixelMode is what the bytes of a raster mean. The modes are Pillow's, because
// the mode decides how an image is resized before it becomes RGB.
type pixelMode uint8

const (
	modeGray    pixelMode = iota // one byte: grey level (Pillow's L)
	modeGray16                   // two bytes, big-endian (I;16)
	modeRGB                      // four bytes: red, green, blue, unused
	modeRGBA                     // four bytes, alpha not premultiplied (RGBA and LA)
	modeCMYK                     // four bytes
	modePalette                  // one byte: index into the palette (P)
	modeBilevel                  // one byte: 0 or 255 (1)
)

// bytes gives the size of one pixel. Colour always takes four bytes: aligned
// pixels are what the resize kernels are fast on.
func (m pixelMode) bytes() int {
	switch m {
	case modeGray, modePalette, modeBilevel:
		return 1
	case modeGray16:
		return 2
	}
	return 4
}

// raster is a decoded image: rows of width pixels without padding.
type raster struct {
	mode          pixelMode
	width, height int
	of            [2]int // width and height in the file, where it was scaled while it was decoded
	pix           []byte
	palette       *[256][3]byte // only for modePalette; absent entries are black
	lent          *[]byte       // what pix is and must be given back; nil if it is not lent
}

// newRaster returns a zeroed raster. Callers have checked the size.
func newRaster(mode pixelMode, width, height int) *raster {
	return &raster{mode: mode, width: width, height: height, pix: make([]byte, width*height*mode.bytes())}
}

// rgb converts to a mode that needs no further thought: modeGray or modeRGB.
// Grey stays one byte, since equal channels resize to equal channels.
func (r *raster) rgb() *raster {
	switch r.mode {
	case modeGray, modeRGB:
		return r
	case modeBilevel:
		return r.as(modeGray)
	case modeRGBA:
		return r.as(modeRGB)
	}
	if r.mode == modeGray16 {
		out := newRaster(modeGray, r.width, r.height)
		for i := range out.pix {
			out.pix[i] = clip16(r.pix[2*i], r.pix[2*i+1])
		}
		return out
	}
	out := newRaster(modeRGB, r.width, r.height)
	if r.mode == modeCMYK {
		cmykToRGB(out.pix, r.pix)
		return out
	}
	for i, index := range r.pix {
		copy(out.pix[4*i:4*i+3], r.palette[index][:])
	}
	return out
}

// as gives the same bytes another meaning.
func (r *raster) as(mode pixelMode) *raster {
	out := *r
	out.mode = mode
	return &out
}

// clip16 converts a 16-bit grey level to 8 bits as Pillow does: it clips, so
// all but the darkest levels are white.
func clip16(high, low byte) byte {
	if high != 0 {
		return 255
	}
	return low
}

// cmykToRGB is Pillow's conversion, without colour management.
func cmykToRGB(dst, src []byte) {
	for i := 0; i+3 < len(src); i += 4 {
		white := 255 - uint32(src[i+3])
		for c := range 3 {
			dst[i+c] = byte(white - mulDiv255(uint32(src[i+c]), white))
		}
	}
}

// premultiply scales colour by alpha, so that invisible pixels weigh nothing
// when they are resized.
func premultiply(pix []byte) {
	for i := 0; i+3 < len(pix); i += 4 {
		alpha := uint32(pix[i+3])
		for c := range 3 {
			pix[i+c] = byte(mulDiv255(uint32(pix[i+c]), alpha))
		}
	}
}

// unpremultiply undoes premultiply as far as eight bits allow.
func unpremultiply(pix []byte) {
	for i := 0; i+3 < len(pix); i += 4 {
		alpha := uint32(pix[i+3])
		if alpha == 0 || alpha == 255 {
			continue
		}
		for c := range 3 {
			pix[i+c] = byte(min(255*uint32(pix[i+c])/alpha, 255))
		}
	}
}

// mulDiv255 is a*b/255 rounded to nearest, for a and b up to 255.
func mulDiv255(a, b uint32) uint32 {
	t := a*b + 128
	return (t>>8 + t) >> 8
}
