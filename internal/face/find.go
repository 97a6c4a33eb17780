package face

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	_ "image/gif" // the formats that a data set's images have
	_ "image/jpeg"
	_ "image/png"
	"slices"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

// maxPixels bounds an image before it is decoded.
const maxPixels = 100_000_000

// Point is a place in an image, in pixels from its upper left corner.
type Point struct{ X, Y float32 }

// Face is one face in an image.
type Face struct {
	Left, Top, Width, Height float32  // box, in pixels
	Score                    float32  // of the detector, from 0 to 1
	Landmarks                [5]Point // right and left eye, nose, right and left corner of the mouth, of the person
	Vector                   []float32
}

// FindFile decodes an image file and finds its faces. The error says that it is no image that can
// be read, or that the model failed or ctx is done.
func (m *Model) FindFile(ctx context.Context, file []byte) ([]Face, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("finding faces: %w", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return nil, fmt.Errorf("finding faces: an image of %d x %d pixels is too large", config.Width, config.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("finding faces: %w", err)
	}
	return m.Find(ctx, img)
}

// Find finds the faces in an image, the highest score first. Vectors are as the recogniser gives
// them, not scaled to length 1.
func (m *Model) Find(ctx context.Context, img image.Image) ([]Face, error) {
	pixels := flatten(img)
	faces, err := m.detector.find(ctx, pixels, m.bundle.MinScore)
	if err != nil {
		return nil, err
	}
	kept := faces[:0]
	for _, f := range faces {
		if min(f.Width, f.Height) < m.bundle.MinFace {
			continue
		}
		if f.Vector, err = m.recogniser.vector(ctx, pixels, f.Landmarks); err != nil {
			return nil, err
		}
		kept = append(kept, f)
	}
	return kept, nil
}

// Main is the face that a photo is of: the largest. There must be one.
func Main(faces []Face) Face {
	return slices.MaxFunc(faces, func(a, b Face) int { return cmp.Compare(a.Width*a.Height, b.Width*b.Height) })
}

// flatten makes RGBA pixels that start at 0, 0.
func flatten(img image.Image) *image.RGBA {
	b := img.Bounds()
	if rgba, ok := img.(*image.RGBA); ok && b.Min == (image.Point{}) {
		return rgba
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	drawOver(out, img)
	return out
}
