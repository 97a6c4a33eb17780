package face

import (
	"context"
	"fmt"
	"image"

	"rollcall/internal/onnx"
)

// layout is how a family of recognisers wants its faces: where the five landmarks come to lie in a
// square, and the range of the values.
type layout struct {
	side      int
	points    [5]Point
	mean, div float32 // value = (byte - mean) / div
}

// layouts by the side of the square.
var layouts = map[int]layout{
	// ArcFace's template for 112 pixels.
	112: {112, [5]Point{{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}, 127.5, 128},
	// dlib's chips of 150 pixels with a margin of 1/4 around its mean face: the centres of the eyes
	// are means of six points of that face, so x = (p + 1/4) / 1.5 * 150.
	150: {150, [5]Point{{47.549, 46.599}, {100.476, 46.599}, {74.0127, 76.5625}, {50.4149, 103.0233}, {97.6104, 103.0233}}, 0, 1},
}

// maxDimension bounds the numbers of a face's vector.
const maxDimension = 1 << 14

// recogniser turns an upright face into a vector.
type recogniser struct {
	session   *onnx.Session
	layout    layout
	dimension int
}

func openRecogniser(path string, o onnx.Options) (*recogniser, error) {
	inputs, outputs, err := onnx.Inspect(path)
	if err != nil {
		return nil, err
	}
	if len(inputs) != 1 || len(inputs[0].Shape) != 4 || !inputs[0].Float || len(outputs) < 1 || len(outputs[0].Shape) != 2 {
		return nil, fmt.Errorf("%s is no face recogniser: it must take a batch of images and give a vector for each", path)
	}
	l, known := layouts[int(inputs[0].Shape[2])]
	dimension := outputs[0].Shape[1]
	if !known || inputs[0].Shape[2] != inputs[0].Shape[3] || dimension < 1 || dimension > maxDimension {
		return nil, fmt.Errorf("%s takes faces of %v and gives vectors of %d; faces of 112 x 112 (ArcFace) or 150 x 150 pixels (dlib) are known", path, inputs[0].Shape, dimension)
	}
	r := &recogniser{layout: l, dimension: int(dimension)}
	r.session, err = onnx.NewSession(onnx.Graph{Path: path, Name: path, Inputs: []string{inputs[0].Name}, Outputs: []string{outputs[0].Name}}, o)
	return r, err
}

func (r *recogniser) vector(ctx context.Context, img *image.RGBA, landmarks [5]Point) ([]float32, error) {
	side := int64(r.layout.side)
	chip := align(img, landmarks, r.layout)
	out, err := r.session.Floats(ctx, onnx.NewShape(1, 3, side, side), planes(chip, 0, 1, 2, r.layout.mean, r.layout.div))
	if err != nil {
		return nil, err
	}
	if len(out[0]) != r.dimension {
		return nil, fmt.Errorf("the recogniser gave %d numbers for a face, not %d", len(out[0]), r.dimension)
	}
	return out[0], nil
}
