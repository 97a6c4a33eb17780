package face

import (
	"context"
	"fmt"
	"image"
	"math"

	"rollcall/internal/onnx"
)

// detectorStrides are the cell sizes of YuNet's three grids, in pixels.
var detectorStrides = []int{8, 16, 32}

// yunetOutputs are YuNet's outputs, each for the three strides.
var yunetOutputs = []string{"cls", "obj", "bbox", "kps"}

// yunet is the detector YuNet (Wu et al., 2023).
type yunet struct {
	session *onnx.Session
	sight   sight
}

// openYuNet opens a graph with YuNet's outputs.
func openYuNet(path string, inputs, outputs []onnx.Info, o onnx.Options) (detector, error) {
	var names []string
	for _, kind := range yunetOutputs {
		for _, stride := range detectorStrides {
			names = append(names, fmt.Sprintf("%s_%d", kind, stride))
		}
	}
	for _, name := range names {
		if !hasOutput(outputs, name) {
			return nil, fmt.Errorf("%s is no face detector that is known: as a YuNet it lacks the output %s", path, name)
		}
	}
	session, err := onnx.NewSession(onnx.Graph{Path: path, Name: path, Inputs: []string{inputs[0].Name}, Outputs: names}, o)
	if err != nil {
		return nil, err
	}
	return &yunet{session, sightOf(inputs[0])}, nil
}

func (d *yunet) close() error { return d.session.Close() }

// find implements detector. YuNet takes blue, green and red from 0 to 255.
func (d *yunet) find(ctx context.Context, img *image.RGBA, least float32) ([]Face, error) {
	seen, scale := d.sight.fit(img)
	size := seen.Bounds().Size()
	out, err := d.session.Floats(ctx, onnx.NewShape(1, 3, int64(size.Y), int64(size.X)), planes(seen, 2, 1, 0, 0, 1))
	if err != nil {
		return nil, err
	}
	var faces []Face
	for i, stride := range detectorStrides {
		n := len(detectorStrides)
		g := grid{stride: stride, columns: size.X / stride, rows: size.Y / stride, class: out[i], object: out[n+i], box: out[2*n+i], points: out[3*n+i]}
		if faces, err = g.faces(faces, least); err != nil {
			return nil, err
		}
	}
	for i := range faces {
		faces[i].shrink(scale)
	}
	return suppress(faces), nil
}

// grid is what YuNet says at one stride: for each cell a class score, an objectness, a box (centre
// offsets in cells, log of the sides in cells) and five points (offsets in cells).
type grid struct {
	stride, columns, rows      int
	class, object, box, points []float32
}

func (g grid) faces(into []Face, least float32) ([]Face, error) {
	cells := g.columns * g.rows
	if len(g.class) != cells || len(g.object) != cells || len(g.box) != 4*cells || len(g.points) != 10*cells {
		return nil, fmt.Errorf("the detector's outputs at stride %d do not fit its input", g.stride)
	}
	s := float32(g.stride)
	for i := range cells {
		score := float32(math.Sqrt(float64(clamp01(g.class[i]) * clamp01(g.object[i]))))
		if !(score >= least) {
			continue
		}
		column, row := float32(i%g.columns), float32(i/g.columns)
		b := g.box[4*i : 4*i+4]
		f := Face{Score: score, Width: exp(b[2]) * s, Height: exp(b[3]) * s}
		f.Left, f.Top = (column+b[0])*s-f.Width/2, (row+b[1])*s-f.Height/2
		for k := range f.Landmarks {
			f.Landmarks[k] = Point{(column + g.points[10*i+2*k]) * s, (row + g.points[10*i+2*k+1]) * s}
		}
		into = append(into, f)
	}
	return into, nil
}

func clamp01(x float32) float32 { return max(0, min(1, x)) }
