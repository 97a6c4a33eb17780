package clip

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// Colour types of PNG's header.
const (
	pngGray    = 0
	pngPalette = 3
	pngRGB     = 2
)

// decodePNG decodes with the standard library and finds the mode in the header,
// where Pillow finds it. A colour marked transparent (tRNS) stays as it is.
func decodePNG(data []byte) (*raster, error) {
	if len(data) < 33 || string(data[12:16]) != "IHDR" {
		return nil, broken("PNG ends within its header")
	}
	width, height := binary.BigEndian.Uint32(data[16:]), binary.BigEndian.Uint32(data[20:])
	depth, kind := data[24], data[25]
	if err := checkSize(int(width), int(height)); err != nil {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, broken("PNG: %v", err)
	}
	out := newRaster(pngMode(depth, kind), int(width), int(height))
	switch img := img.(type) {
	case *image.Paletted:
		out.palette = paletteOf(img.Palette)
		copyRows(out, img.Pix, img.Stride)
	case *image.Gray:
		copyRows(out, img.Pix, img.Stride)
	case *image.Gray16:
		copyRows(out, img.Pix, img.Stride)
	case *image.RGBA:
		copyRows(out, img.Pix, img.Stride)
	case *image.NRGBA:
		takeSamples(out, img.Pix, 1)
	case *image.RGBA64:
		takeSamples(out, img.Pix, 2)
	case *image.NRGBA64:
		takeSamples(out, img.Pix, 2)
	default:
		return nil, broken("PNG decodes to %T, which is not handled", img)
	}
	return out, nil
}

// pngMode is the mode Pillow opens a PNG in.
func pngMode(depth, kind byte) pixelMode {
	switch {
	case kind == pngPalette:
		return modePalette
	case kind == pngRGB:
		return modeRGB
	case kind == pngGray && depth == 1:
		return modeBilevel
	case kind == pngGray && depth == 16:
		return modeGray16
	case kind == pngGray:
		return modeGray
	}
	return modeRGBA
}

// takeSamples fills out from pixels of four samples, each of size bytes. Grey
// takes the first sample; 16-bit colour keeps the high bytes.
func takeSamples(out *raster, pix []byte, size int) {
	n := out.mode.bytes()
	if out.mode == modeGray16 {
		for i := 0; i < len(out.pix); i += 2 {
			copy(out.pix[i:i+2], pix[4*i:])
		}
		return
	}
	for i := 0; i*n < len(out.pix); i++ {
		for c := range n {
			out.pix[i*n+c] = pix[(4*i+c)*size]
		}
	}
}

// paletteOf takes the colours without their alpha.
func paletteOf(p color.Palette) *[256][3]byte {
	out := new([256][3]byte)
	for i, entry := range p[:min(len(p), 256)] {
		c := color.NRGBAModel.Convert(entry).(color.NRGBA)
		if n, ok := entry.(color.NRGBA); ok {
			c = n // conversion would black out what is fully transparent
		}
		out[i] = [3]byte{c.R, c.G, c.B}
	}
	return out
}
