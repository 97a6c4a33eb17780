package clip

import (
	"bytes"
	"encoding/binary"
)

// promised is how many pixels an image's header says that it has, 0 where nothing can be decoded.
func promised(data []byte) int {
	width, height := 0, 0
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		h, err := readJPEGHeader(data)
		if err == nil {
			width, height = h.width, h.height
		}
	case bytes.HasPrefix(data, []byte(pngMagic)) && len(data) >= 33:
		width, height = int(binary.BigEndian.Uint32(data[16:])), int(binary.BigEndian.Uint32(data[20:]))
	case isRIFF(data, "WEBP"):
		file, err := readWebP(data)
		if err == nil {
			width, height = file.width, file.height
		}
	case bytes.HasPrefix(data, []byte("BM")):
		h, err := readBMPHeader(data)
		if err == nil {
			width, height = h.width, h.height
		}
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		g := gifReader{rest: data[6:]}
		if g.toFrame() == nil && len(g.rest) >= 9 {
			width, height = g.reach(g.rest)
		}
	}
	if checkSize(width, height) != nil {
		return 0
	}
	return width * height
}
