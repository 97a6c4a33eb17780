package clip

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngTrailer is the chunk (IEND) that ends every PNG.
const pngTrailer = "\x00\x00\x00\x00IEND\xae\x42\x60\x82"

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
	end, err := pngEnd(data)
	if err != nil {
		return nil, err
	}
	img, err := png.Decode(io.MultiReader(bytes.NewReader(data[:end]), strings.NewReader(pngTrailer)))
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

// pngEnd gives the offset after the last chunk of pixels. What follows says
// nothing about them, so it may be damaged or missing, as it may for Pillow.
func pngEnd(data []byte) (int, error) {
	end := 0
	for rest := data[len(pngMagic):]; len(rest) >= 12; {
		size, kind := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		if size > uint64(len(rest)-12) {
			if kind == "IDAT" {
				return 0, broken("PNG is cut short after %d bytes", len(data))
			}
			break
		}
		rest = rest[size+12:]
		if kind == "IDAT" {
			end = len(data) - len(rest)
		}
		if kind == "IEND" {
			break
		}
	}
	if end == 0 {
		return 0, broken("PNG of %d bytes has no pixels", len(data))
	}
	return end, nil
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
