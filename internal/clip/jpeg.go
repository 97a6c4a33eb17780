package clip

import (
	"bytes"
	"encoding/binary"
)

// jpegHeader is what the markers before the first scan say.
type jpegHeader struct {
	width, height int
	components    int
	factors       [4]byte // sampling factors, horizontal in the high four bits
	ids           [4]byte // component identifiers
	jfif, adobe   bool
	transform     byte // Adobe's colour transform, if adobe
	scan          int  // offset of the first scan's marker
}

const (
	markerSOF0 = 0xc0
	markerDHT  = 0xc4
	markerJPG  = 0xc8
	markerDAC  = 0xcc
	markerSOF  = 0xcf // last of the SOF markers
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerAPP0 = 0xe0
	markerAPPE = 0xee
)

// readJPEGHeader walks the markers up to the first scan.
func readJPEGHeader(data []byte) (h jpegHeader, err error) {
	for at := 2; ; {
		marker, body, next, ok := jpegSegment(data, at)
		if !ok || marker == markerEOI {
			return h, broken("JPEG ends before its first scan")
		}
		switch {
		case marker == markerSOS:
			if h.components == 0 {
				return h, broken("JPEG has a scan but no frame header")
			}
			h.scan = at
			return h, checkSize(h.width, h.height)
		case isFrame(marker):
			if err := h.readFrame(body); err != nil {
				return h, err
			}
		case marker == markerAPP0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
			h.jfif = true
		case marker == markerAPPE && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
			h.adobe, h.transform = true, body[11]
		}
		at = next
	}
}

// isFrame tells whether marker starts a frame (SOF0..SOF15).
func isFrame(marker byte) bool {
	return marker >= markerSOF0 && marker <= markerSOF &&
		marker != markerDHT && marker != markerJPG && marker != markerDAC
}

// jpegSegment finds the next marker at or after at, its body, and the offset
// after it. Markers without a length have no body.
func jpegSegment(data []byte, at int) (marker byte, body []byte, next int, ok bool) {
	skip := bytes.IndexByte(data[min(at, len(data)):], 0xff)
	if skip < 0 {
		return 0, nil, 0, false
	}
	at += skip
	for at < len(data) && data[at] == 0xff {
		at++
	}
	if at >= len(data) {
		return 0, nil, 0, false
	}
	marker = data[at]
	at++
	if marker == 0 || marker == 1 || marker >= markerRST0 && marker <= markerEOI {
		return marker, nil, at, true
	}
	if at+2 > len(data) {
		return 0, nil, 0, false
	}
	size := int(binary.BigEndian.Uint16(data[at:]))
	if size < 2 || at+size > len(data) {
		return 0, nil, 0, false
	}
	return marker, data[at+2 : at+size], at + size, true
}

// readFrame reads a frame header.
func (h *jpegHeader) readFrame(body []byte) error {
	if h.components != 0 {
		return broken("JPEG has two frame headers")
	}
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return broken("JPEG frame header is too short")
	}
	if body[0] != 8 {
		return broken("JPEG has %d bits per sample, only 8 is read", body[0])
	}
	h.height = int(binary.BigEndian.Uint16(body[1:]))
	h.width = int(binary.BigEndian.Uint16(body[3:]))
	h.components = int(body[5])
	if h.components != 1 && h.components != 3 && h.components != 4 {
		return broken("JPEG has %d colour components, only 1, 3 and 4 are read", h.components)
	}
	for i := range h.components {
		h.ids[i], h.factors[i] = body[6+3*i], body[7+3*i]
	}
	return nil
}

// mode gives the mode that the image decodes to.
func (h *jpegHeader) mode() pixelMode {
	switch h.components {
	case 1:
		return modeGray
	case 4:
		return modeCMYK
	}
	return modeRGB
}

// complete tells whether an end marker follows the scans. Data that stops
// before it was cut short, whatever a decoder makes of the rest.
func (h *jpegHeader) complete(data []byte) bool {
	for at := h.scan; ; {
		marker, _, next, ok := jpegSegment(data, at)
		if !ok {
			return false
		}
		if marker == markerEOI {
			return true
		}
		at = next
	}
}

// decodeJPEG decodes with libjpeg-turbo where it is installed.
func (p *Preprocessor) decodeJPEG(data []byte) (*raster, error) {
	h, err := readJPEGHeader(data)
	if err != nil {
		return nil, err
	}
	if !h.complete(data) {
		return nil, broken("JPEG is cut short after %d bytes", len(data))
	}
	if p.jpeg == nil {
		return decodeGoJPEG(data, h)
	}
	mode := h.mode()
	img := &raster{mode: mode, width: h.width, height: h.height}
	if p.fast {
		img.of = [2]int{h.width, h.height}
		img.width, img.height = p.spec.scaled(h.width, h.height)
	}
	img.lent = p.decoded.get(img.width * img.height * mode.bytes())
	img.pix = *img.lent
	if err := p.jpeg.decode(img, data, p.fast); err != nil {
		p.decoded.put(img.lent)
		return nil, broken("JPEG: %v", err)
	}
	if mode == modeCMYK {
		invert(img.pix)
	}
	return img, nil
}

// invert undoes Adobe's inverted CMYK, which Pillow takes all CMYK JPEGs for.
func invert(pix []byte) {
	for i := range pix {
		pix[i] = ^pix[i]
	}
}
