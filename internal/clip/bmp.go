package clip

import (
	"encoding/binary"
	"math/bits"
)

// bmpHeader is what a Windows or OS/2 bitmap says of itself.
type bmpHeader struct {
	width, height int
	topDown       bool
	depth         int // bits per pixel
	colors        int // palette entries
	entry         int // bytes per palette entry
	palette       int // offset of the palette
	pixels        int // offset of the last row, or of the first if topDown
	masks         [4]uint32
}

// Compression methods.
const (
	bmpRaw       = 0
	bmpBitfields = 3
)

// decodeBMP reads uncompressed bitmaps.
func decodeBMP(data []byte) (*raster, error) {
	h, err := readBMPHeader(data)
	if err != nil {
		return nil, err
	}
	stride := (h.width*h.depth + 31) / 32 * 4
	if h.pixels > len(data) || len(data)-h.pixels < stride*(h.height-1)+(h.width*h.depth+7)/8 {
		return nil, broken("BMP of %d x %d pixels is cut short after %d bytes", h.width, h.height, len(data))
	}
	out, err := h.raster(data)
	if err != nil {
		return nil, err
	}
	for y := range h.height {
		from := h.height - 1 - y
		if h.topDown {
			from = y
		}
		n := h.width * out.mode.bytes()
		h.row(out.pix[y*n:(y+1)*n], data[h.pixels+from*stride:], out.mode)
	}
	return out, nil
}

// readBMPHeader reads the headers of all versions.
func readBMPHeader(data []byte) (h bmpHeader, err error) {
	if len(data) < 26 {
		return h, broken("BMP ends within its header")
	}
	le := binary.LittleEndian
	size := int(le.Uint32(data[14:]))
	h.pixels = int(le.Uint32(data[10:]))
	switch {
	case size == 12:
		h.width, h.height = int(le.Uint16(data[18:])), int(le.Uint16(data[20:]))
		h.depth, h.entry = int(le.Uint16(data[24:])), 3
	case size < 40 || size > 124:
		return h, broken("BMP has a header of %d bytes, which no version has", size)
	case len(data) < 14+size:
		return h, broken("BMP ends within its header")
	default:
		height := int(int32(le.Uint32(data[22:])))
		h.width, h.height, h.topDown = int(int32(le.Uint32(data[18:]))), max(height, -height), height < 0
		h.depth, h.entry = int(le.Uint16(data[28:])), 4
		h.colors = int(le.Uint32(data[46:]))
		if err := h.readMasks(data, size, le.Uint32(data[30:])); err != nil {
			return h, err
		}
	}
	h.palette = 14 + size
	return h, checkSize(h.width, h.height)
}

// readMasks says where the colours are in a pixel of 16 or 32 bits.
func (h *bmpHeader) readMasks(data []byte, size int, compression uint32) error {
	switch {
	case compression == bmpRaw:
		return nil
	case compression != bmpBitfields:
		return broken("BMP is compressed (method %d), only uncompressed bitmaps are read", compression)
	case len(data) < 14+52:
		return broken("BMP ends within its colour masks")
	}
	for i := range h.masks {
		if i < 3 || size >= 56 {
			h.masks[i] = binary.LittleEndian.Uint32(data[14+40+4*i:])
		}
	}
	return nil
}

// raster makes the image that the pixels go into, with its mode and palette.
func (h *bmpHeader) raster(data []byte) (*raster, error) {
	switch h.depth {
	case 1, 4, 8:
		return h.paletted(data)
	case 16:
		if h.masks[0] == 0 {
			h.masks = [4]uint32{0x7c00, 0x03e0, 0x001f, 0}
		}
	case 24:
		h.masks = [4]uint32{0xff0000, 0xff00, 0xff, 0}
	case 32:
		if h.masks == [4]uint32{} {
			h.masks = [4]uint32{0xff0000, 0xff00, 0xff, 0}
		}
	default:
		return nil, broken("BMP has %d bits per pixel, only 1, 4, 8, 16, 24 and 32 are read", h.depth)
	}
	out := newRaster(modeRGB, h.width, h.height)
	if h.masks[3] != 0 {
		out.mode = modeRGBA
	}
	return out, nil
}

// paletted reads the palette. One that runs through grey levels is none.
func (h *bmpHeader) paletted(data []byte) (*raster, error) {
	if h.colors == 0 {
		h.colors = 1 << h.depth
	}
	if h.colors < 0 || h.colors > 256 || h.palette+h.colors*h.entry > len(data) {
		return nil, broken("BMP has a palette of %d colours, which does not fit", h.colors)
	}
	step := 1
	if h.colors == 2 {
		step = 255
	}
	var palette [256][3]byte
	gray := true
	for i := range h.colors {
		c := data[h.palette+i*h.entry:]
		palette[i] = [3]byte{c[2], c[1], c[0]}
		level := byte(i * step)
		gray = gray && palette[i] == [3]byte{level, level, level}
	}
	switch {
	case gray && h.colors == 2:
		return newRaster(modeBilevel, h.width, h.height), nil
	case gray:
		return newRaster(modeGray, h.width, h.height), nil
	}
	out := newRaster(modePalette, h.width, h.height)
	out.palette = &palette
	return out, nil
}

// row unpacks one row.
func (h *bmpHeader) row(dst, src []byte, mode pixelMode) {
	if h.depth <= 8 {
		for x := range dst {
			bit := x * h.depth
			v := src[bit/8] >> (8 - h.depth - bit%8) & (1<<h.depth - 1)
			if mode == modeBilevel {
				v *= 255
			}
			dst[x] = v
		}
		return
	}
	size := h.depth / 8
	for x := range h.width {
		var word uint32
		for i := range size {
			word |= uint32(src[x*size+i]) << (8 * i)
		}
		for c, mask := range h.masks {
			dst[4*x+c] = bmpSample(word, mask)
		}
	}
}

// bmpSample takes the bits under mask and scales them to 0..255, rounding down.
func bmpSample(word, mask uint32) byte {
	if mask == 0 {
		return 0
	}
	shift := bits.TrailingZeros32(mask)
	return byte(uint64(word&mask) >> shift * 255 / uint64(mask>>shift))
}
