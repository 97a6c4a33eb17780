package face

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"rollcall/internal/onnx"
)

const (
	detectorSide = 640 // longest side that a detector sees, unless its graph says another
	detectorStep = 32  // its sides are multiples of this
	maxEnlarge   = 2   // of small images
	overlapLimit = 0.3 // boxes that share more are one face
)

// detector finds faces, without vectors. The image's upper left corner is 0, 0; least is the lowest
// score that counts.
type detector interface {
	find(ctx context.Context, img *image.RGBA, least float32) ([]Face, error)
	close() error
}

// openDetector tells from its outputs which detector a graph is.
func openDetector(path string, o onnx.Options) (detector, error) {
	inputs, outputs, err := onnx.Inspect(path)
	if err != nil {
		return nil, err
	}
	if len(inputs) != 1 || len(inputs[0].Shape) != 4 || !inputs[0].Float {
		return nil, fmt.Errorf("%s is no face detector: it takes no batch of images", path)
	}
	if hasOutput(outputs, centerHeatmap) {
		return openCenterFace(path, inputs, outputs, o)
	}
	return openYuNet(path, inputs, outputs, o)
}

func hasOutput(outputs []onnx.Info, name string) bool {
	return slices.ContainsFunc(outputs, func(i onnx.Info) bool { return i.Name == name })
}

// sight is the image that a detector sees: side is that of the square that its graph takes, 0 when it
// takes any size.
type sight struct{ side int }

func sightOf(input onnx.Info) sight {
	if h := input.Shape[2]; h > 0 && h == input.Shape[3] && h <= 4096 {
		return sight{int(h)}
	}
	return sight{}
}

// fit scales an image into the upper left of what the detector sees, which is black beyond it.
func (s sight) fit(img *image.RGBA) (seen *image.RGBA, scale float32) {
	size := img.Bounds().Size()
	factor := min(maxEnlarge, float64(cmp.Or(s.side, detectorSide))/float64(max(size.X, size.Y)))
	into := image.Rect(0, 0, max(1, int(float64(size.X)*factor)), max(1, int(float64(size.Y)*factor)))
	sheet := image.Rect(0, 0, s.side, s.side)
	if s.side == 0 {
		sheet = image.Rect(0, 0, roundUp(into.Dx()), roundUp(into.Dy()))
	}
	seen = image.NewRGBA(sheet)
	draw.BiLinear.Scale(seen, into, img, img.Bounds(), draw.Src, nil)
	return seen, float32(factor)
}

func roundUp(n int) int { return (n + detectorStep - 1) / detectorStep * detectorStep }

// exp is bounded, so that no output makes an infinite box.
func exp(x float32) float32 { return float32(math.Exp(float64(min(x, 10)))) }

// shrink undoes the scaling of the image.
func (f *Face) shrink(scale float32) {
	f.Left, f.Top, f.Width, f.Height = f.Left/scale, f.Top/scale, f.Width/scale, f.Height/scale
	for k := range f.Landmarks {
		f.Landmarks[k].X /= scale
		f.Landmarks[k].Y /= scale
	}
}

// suppress keeps of overlapping faces the one with the highest score.
func suppress(faces []Face) []Face {
	slices.SortStableFunc(faces, func(a, b Face) int { return cmp.Compare(b.Score, a.Score) })
	var kept []Face
	for _, f := range faces {
		if !slices.ContainsFunc(kept, func(k Face) bool { return overlap(k, f) > overlapLimit }) {
			kept = append(kept, f)
		}
	}
	return kept
}

// overlap is the area that two boxes share over the area that they cover.
func overlap(a, b Face) float32 {
	w := min(a.Left+a.Width, b.Left+b.Width) - max(a.Left, b.Left)
	h := min(a.Top+a.Height, b.Top+b.Height) - max(a.Top, b.Top)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.Width*a.Height + b.Width*b.Height - w*h)
}
