package clip

import (
	"errors"
	"fmt"
)

// Reasons why an image cannot be used. Errors of Preprocessor wrap one of them.
var (
	// ErrEmpty: the input has no bytes.
	ErrEmpty = errors.New("empty image")
	// ErrUnsupported: the bytes are in no image format that is read here.
	ErrUnsupported = errors.New("not an image rollcall reads (JPEG, PNG, WebP, GIF, BMP)")
	// ErrTooLarge: decoding would need more pixels than maxPixels.
	ErrTooLarge = errors.New("image too large")
	// ErrDecode: the format is known and the file is broken or cut short.
	ErrDecode = errors.New("image cannot be decoded")
)

func decode(data []byte) (*raster, error) {
	if len(data) == 0 {
		return nil, ErrEmpty
	}
	return nil, fmt.Errorf("%w: no decoder yet", ErrUnsupported)
}

func jpegDecoderName() string { return "go" }

type raster struct{}

func (p *Preprocessor) square(*raster) ([]byte, error) { return nil, ErrUnsupported }
