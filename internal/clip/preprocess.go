package clip

import (
	"fmt"
	"slices"
	"strings"
)

// ImageSpec says how a model wants its images. Two specs that differ in any
// field give different embeddings, so String is part of an index's fingerprint.
type ImageSpec struct {
	// Size is S: the model takes 3 x S x S values.
	Size int
	// Resize is "shortest" (short side to S, long side in proportion, rounded
	// down) or "squash" (both sides to S, whatever the proportions).
	Resize string
	// Crop is how the S x S square is cut out of the resized image; d is the
	// side that is left over. "center" starts at d/2 rounded to the nearest
	// integer, halves to even (torchvision, so open_clip); "center-floor"
	// (Immich) and "center-hf" (transformers' CLIPImageProcessor) start at d/2
	// rounded down; "none" only fits "squash". "center-floor" also multiplies
	// S by the rounded ratio of the sides, as Immich does, which can make the
	// long side one pixel shorter.
	Crop string
	// Interpolation is "bicubic": Pillow's, a = -0.5, antialiased.
	Interpolation string
	// Mean and Std normalise red, green and blue in the range 0..1.
	Mean, Std [3]float32
	// ConvertFirst converts to RGB before the resize (Hugging Face, Immich)
	// instead of after it (open_clip). It matters for palettes, 1-bit images
	// and alpha.
	ConvertFirst bool
}

// String gives the spec in one line, for fingerprints. Equal specs give equal
// lines and different specs different ones.
func (s ImageSpec) String() string {
	order := "rgb-last"
	if s.ConvertFirst {
		order = "rgb-first"
	}
	return fmt.Sprintf("size=%d resize=%s crop=%s interpolation=%s order=%s mean=%v std=%v",
		s.Size, s.Resize, s.Crop, s.Interpolation, order, s.Mean, s.Std)
}

// maxModelSize bounds S. The largest published CLIP takes 896; the bound keeps
// a wrong configuration from asking for gigabytes per image.
const maxModelSize = 4096

// validate reports every field of s that no preprocessing here can honour.
func (s ImageSpec) validate() error {
	var wrong []string
	if s.Size < 1 || s.Size > maxModelSize {
		wrong = append(wrong, fmt.Sprintf("size %d is not in 1..%d", s.Size, maxModelSize))
	}
	if s.Resize != "shortest" && s.Resize != "squash" {
		wrong = append(wrong, fmt.Sprintf("resize %q is neither shortest nor squash", s.Resize))
	}
	switch s.Crop {
	case "center", "center-floor", "center-hf":
	case "none":
		if s.Resize != "squash" {
			wrong = append(wrong, "crop none needs resize squash: the model takes squares")
		}
	default:
		wrong = append(wrong, fmt.Sprintf("crop %q is none of center, center-floor, center-hf, none", s.Crop))
	}
	if s.Interpolation != "bicubic" {
		wrong = append(wrong, fmt.Sprintf("interpolation %q is not bicubic", s.Interpolation))
	}
	for c, std := range s.Std {
		if !(std > 0) {
			wrong = append(wrong, fmt.Sprintf("std[%d] is %v: it must be above zero", c, std))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("image preprocessing: %s", strings.Join(wrong, "; "))
	}
	return nil
}

// Preprocessor turns encoded image files into a model's input. It is safe for
// concurrent use; it keeps buffers between calls but no image.
type Preprocessor struct {
	spec    ImageSpec
	levels  *levelTable
	kernels kernels
	weights knownWeights

	jpeg *turboJPEG // nil where libjpeg-turbo is not installed
	fast bool       // JPEGs are scaled while they are decoded

	// A pool for each size of buffer that an image needs: decoded, resized
	// horizontally, resized.
	decoded, rows, squares bufferPool
}

// NewPreprocessor checks spec and prepares its tables. The error lists every
// setting that cannot be honoured.
func NewPreprocessor(spec ImageSpec) (*Preprocessor, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	p := &Preprocessor{spec: spec, levels: newLevelTable(&spec), kernels: bestKernels(), jpeg: openTurboJPEG()}
	if !p.levels.agrees(p.kernels.planes, &spec) {
		p.kernels.planes = plainKernels().planes
	}
	return p, nil
}

// Pixels decodes an image file and returns the model's input: 3*S*S values,
// channels first (all red rows, then green, then blue). They lie in dst where
// it has room for them. The error wraps ErrEmpty, ErrUnsupported, ErrTooLarge
// or ErrDecode.
func (p *Preprocessor) Pixels(dst []float32, data []byte) ([]float32, error) {
	img, err := p.prepare(data)
	if err != nil {
		return nil, err
	}
	defer p.squares.put(img.lent)
	n := 3 * p.spec.Size * p.spec.Size
	out := slices.Grow(dst[:0], n)[:n]
	p.planes(out, img)
	return out, nil
}

// RGB decodes an image file and returns the S x S x 3 bytes, row by row, that
// Pixels normalises. Errors are those of Pixels.
func (p *Preprocessor) RGB(data []byte) ([]byte, error) {
	img, err := p.prepare(data)
	if err != nil {
		return nil, err
	}
	defer p.squares.put(img.lent)
	return packRGB(img), nil
}

// prepare decodes data to the square that the model sees, which is lent from
// squares.
func (p *Preprocessor) prepare(data []byte) (*raster, error) {
	img, err := p.decode(data)
	if err != nil {
		return nil, err
	}
	defer p.decoded.put(img.lent)
	return p.square(img)
}

// Decoder names the JPEG decoder in use: "libjpeg-turbo" and its version, or
// "go" where that library is not installed; and says when it is the fast way.
func (p *Preprocessor) Decoder() string {
	switch {
	case p.jpeg == nil:
		return "go"
	case p.fast:
		return p.jpeg.version() + ", fast"
	}
	return p.jpeg.version()
}
