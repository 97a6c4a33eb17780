package clip

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Reasons why an image cannot be used. Errors of Preprocessor wrap one of them.
var (
	// ErrEmpty: the input has no bytes.
	ErrEmpty = errors.New("empty image")
	// ErrUnsupported: the bytes are in no image format that is read here.
	ErrUnsupported = errors.New("not an image rollcall reads (JPEG, PNG, WebP, GIF, BMP)")
	// ErrTooLarge: the image has more pixels than can be a photo.
	ErrTooLarge = errors.New("image too large")
	// ErrDecode: the format is known and the file is broken or cut short.
	ErrDecode = errors.New("image cannot be decoded")
)

// maxPixels is where Pillow raises DecompressionBombError: twice its
// MAX_IMAGE_PIXELS of 89,478,485.
const maxPixels = 178_956_970

// checkSize is called with what the header promises, before any allocation.
func checkSize(width, height int) error {
	if width < 1 || height < 1 {
		return broken("its header says %d x %d pixels", width, height)
	}
	if width > maxPixels/height {
		return fmt.Errorf("%w: %d x %d pixels, the limit is %d pixels", ErrTooLarge, width, height, maxPixels)
	}
	return nil
}

// broken wraps ErrDecode.
func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDecode, fmt.Sprintf(format, args...))
}

// decode reads the first frame of an image file of any format.
func (p *Preprocessor) decode(data []byte) (*raster, error) {
	switch {
	case len(data) == 0:
		return nil, ErrEmpty
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return p.decodeJPEG(data)
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return decodePNG(data)
	case isRIFF(data, "WEBP"):
		return decodeWebP(data)
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return decodeGIF(data)
	case bytes.HasPrefix(data, []byte("BM")):
		return decodeBMP(data)
	}
	return nil, fmt.Errorf("%w: it looks like %s", ErrUnsupported, seen(data))
}

// isRIFF tells whether data is a RIFF file of the given form.
func isRIFF(data []byte, form string) bool {
	return len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == form
}

// seen names what data is, for the reader of the error.
func seen(data []byte) string {
	for _, kind := range []struct{ magic, name string }{
		{"II*\x00", "TIFF"}, {"MM\x00*", "TIFF"}, {"\x00\x00\x01\x00", "an icon (ICO)"},
		{"%PDF", "PDF"}, {"8BPS", "Photoshop (PSD)"}, {"\xff\x0a", "JPEG XL"},
		{"\x00\x00\x00\x0cJXL ", "JPEG XL"}, {"\x00\x00\x00\x0cjP  ", "JPEG 2000"},
		{"\x1f\x8b", "gzip"}, {"PK\x03\x04", "a zip archive"}, {"P5\n", "PGM"}, {"P6\n", "PPM"},
	} {
		if bytes.HasPrefix(data, []byte(kind.magic)) {
			return kind.name
		}
	}
	if len(data) >= 12 && string(data[4:8]) == "ftyp" {
		return fmt.Sprintf("an ISO media file of brand %q (AVIF, HEIC, video)", data[8:12])
	}
	head := data[:min(len(data), 512)]
	text := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff"))))
	switch {
	case bytes.Contains(text, []byte("<svg")):
		return "SVG"
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return "an HTML page"
	case utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) && !bytes.ContainsRune(head, 0):
		return fmt.Sprintf("text starting %q", head[:min(len(head), 16)])
	}
	return fmt.Sprintf("bytes starting % x", head[:min(len(head), 8)])
}
