package clip

import (
	"bytes"
	"encoding/binary"
	"image"

	"golang.org/x/image/webp"
)

// webpFile is what the container says about the canvas and its first frame.
type webpFile struct {
	width, height int // of the canvas
	alpha         bool
	frame         webpFrame
}

// webpFrame is one encoded image and its place on the canvas.
type webpFrame struct {
	left, top     int
	width, height int
	alpha         []byte // the ALPH chunk, if there is one
	codec         string // "VP8 " or "VP8L"
	image         []byte // the chunk of that name
}

// decodeWebP decodes the first frame on its canvas, which is black and
// transparent where the frame does not reach.
func decodeWebP(data []byte) (*raster, error) {
	file, err := readWebP(data)
	if err != nil {
		return nil, err
	}
	f := &file.frame
	if f.left+f.width > file.width || f.top+f.height > file.height {
		return nil, broken("WebP frame of %d x %d at %d,%d sticks out of its canvas of %d x %d",
			f.width, f.height, f.left, f.top, file.width, file.height)
	}
	width, height, err := webpImageSize(f.codec, f.image)
	if err != nil {
		return nil, err
	}
	if width != f.width || height != f.height {
		return nil, broken("WebP frame has %d x %d pixels, its header says %d x %d", width, height, f.width, f.height)
	}
	img, err := webp.Decode(bytes.NewReader(f.riff()))
	if err != nil {
		return nil, broken("WebP: %v", err)
	}
	out := newRaster(modeRGB, file.width, file.height)
	if file.alpha {
		out.mode = modeRGBA
	}
	place := out.pix[4*(f.top*out.width+f.left):]
	switch img := img.(type) {
	case *image.NRGBA:
		for y := range f.height {
			copy(place[4*y*out.width:][:4*f.width], img.Pix[y*img.Stride:])
		}
	case *image.YCbCr:
		webpToRGBA(place, 4*out.width, img, nil, 0)
	case *image.NYCbCrA:
		webpToRGBA(place, 4*out.width, &img.YCbCr, img.A, img.AStride)
	default:
		return nil, broken("WebP decodes to %T, which is not handled", img)
	}
	return out, nil
}

// nextChunk splits the first chunk off a RIFF chunk list.
func nextChunk(list []byte) (id string, body, rest []byte, err error) {
	if len(list) < 8 {
		return "", nil, nil, broken("WebP is cut short or has no image")
	}
	size := uint64(binary.LittleEndian.Uint32(list[4:]))
	if size > uint64(len(list)-8) {
		return "", nil, nil, broken("WebP is cut short: chunk %q has %d of %d bytes", list[:4], len(list)-8, size)
	}
	body = list[8 : 8+size]
	return string(list[:4]), body, list[min(8+size+size%2, uint64(len(list))):], nil
}

// readWebP reads the container up to the first frame.
func readWebP(data []byte) (file webpFile, err error) {
	if size := uint64(binary.LittleEndian.Uint32(data[4:])); size > uint64(len(data)-8) {
		return file, broken("WebP is cut short: %d of %d bytes", len(data)-8, size)
	}
	list := data[12:]
	extended, animated := false, false
	for {
		id, body, rest, err := nextChunk(list)
		if err != nil {
			return file, err
		}
		switch {
		case id == "VP8X" && len(body) >= 10:
			extended, animated = true, body[0]&0x02 != 0
			file.alpha = body[0]&0x10 != 0
			file.width, file.height = 1+uint24(body[4:]), 1+uint24(body[7:])
			file.frame.width, file.frame.height = file.width, file.height
			if err := checkSize(file.width, file.height); err != nil {
				return file, err
			}
		case id == "ANMF" && len(body) >= 16:
			return file, file.frame.readAnimated(body)
		case id == "ALPH" && !animated:
			file.alpha = true
			file.frame.alpha = body
		case id == "VP8 " || id == "VP8L":
			return file, file.readImage(id, body, extended)
		}
		list = rest
	}
}

// uint24 reads three little-endian bytes.
func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// readImage takes an image that is not part of an animation.
func (w *webpFile) readImage(id string, body []byte, extended bool) error {
	w.frame.codec, w.frame.image = id, body
	if id == "VP8L" && len(body) >= 5 {
		w.alpha = body[4]&0x10 != 0
	}
	if extended {
		return nil // sizes are compared before decoding
	}
	width, height, err := webpImageSize(id, body)
	w.width, w.height = width, height
	w.frame.width, w.frame.height = width, height
	return err
}

// webpImageSize reads the size out of the header of a VP8 or VP8L image.
func webpImageSize(id string, body []byte) (width, height int, err error) {
	switch {
	case id == "VP8 " && len(body) >= 10:
		width = int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff)
		height = int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff)
	case id == "VP8L" && len(body) >= 5:
		bits := binary.LittleEndian.Uint32(body[1:])
		width, height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
	default:
		return 0, 0, broken("WebP ends within its image header")
	}
	return width, height, checkSize(width, height)
}

// readAnimated reads an ANMF chunk.
func (f *webpFrame) readAnimated(body []byte) error {
	f.left, f.top = 2*uint24(body), 2*uint24(body[3:])
	f.width, f.height = 1+uint24(body[6:]), 1+uint24(body[9:])
	if err := checkSize(f.width, f.height); err != nil {
		return err
	}
	for list := body[16:]; ; {
		id, chunk, rest, err := nextChunk(list)
		if err != nil {
			return err
		}
		switch id {
		case "ALPH":
			f.alpha = chunk
		case "VP8 ", "VP8L":
			f.codec, f.image = id, chunk
			return nil
		}
		list = rest
	}
}

// riff wraps the frame as a WebP file of its own, with the size it should have,
// so that the decoder refuses another one before it allocates.
func (f *webpFrame) riff() []byte {
	flags := byte(0)
	if f.alpha != nil {
		flags = 0x10
	}
	w, h := f.width-1, f.height-1
	header := []byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)}
	body := appendChunk([]byte("WEBP"), "VP8X", header)
	if f.alpha != nil {
		body = appendChunk(body, "ALPH", f.alpha)
	}
	body = appendChunk(body, f.codec, f.image)
	return appendChunk(nil, "RIFF", body)
}

// appendChunk appends one chunk, padded to an even length.
func appendChunk(dst []byte, id string, body []byte) []byte {
	dst = append(dst, id...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(body)))
	dst = append(dst, body...)
	if len(body)%2 == 1 {
		dst = append(dst, 0)
	}
	return dst
}
