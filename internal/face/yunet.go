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
	detectorSide = 640 // longest side that the detector sees, unless its graph says another
	maxEnlarge   = 2   // of small images
	overlapLimit = 0.3 // boxes that share more are one face
)

// detectorStrides are the cell sizes of YuNet's three grids, in pixels.
var detectorStrides = []int{8, 16, 32}

// detectorOutputs are YuNet's outputs, each for the three strides.
var detectorOutputs = []string{"cls", "obj", "bbox", "kps"}

// detector is YuNet.
type detector struct {
	session *onnx.Session
	side    int // of the square that it takes
}

func openDetector(path string, o onnx.Options) (*detector, error) {
	inputs, outputs, err := onnx.Inspect(path)
	if err != nil {
		return nil, err
	}
	if len(inputs) != 1 || len(inputs[0].Shape) != 4 || !inputs[0].Float {
		return nil, fmt.Errorf("%s is no YuNet: it takes no batch of images", path)
	}
	var names []string
	for _, kind := range detectorOutputs {
		for _, stride := range detectorStrides {
			names = append(names, fmt.Sprintf("%s_%d", kind, stride))
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(outputs, func(i onnx.Info) bool { return i.Name == name }) {
			return nil, fmt.Errorf("%s is no YuNet: it has no output %s", path, name)
		}
	}
	d := &detector{side: detectorSide}
	if h := inputs[0].Shape[2]; h > 0 && h == inputs[0].Shape[3] && h <= 4096 {
		d.side = int(h)
	}
	d.session, err = onnx.NewSession(onnx.Graph{Path: path, Name: path, Inputs: []string{inputs[0].Name}, Outputs: names}, o)
	return d, err
}

// find gives the faces of an image, without vectors.
func (d *detector) find(ctx context.Context, img *image.RGBA, least float32) ([]Face, error) {
	size := img.Bounds().Size()
	scale := min(maxEnlarge, float64(d.side)/float64(max(size.X, size.Y)))
	square := image.NewRGBA(image.Rect(0, 0, d.side, d.side))
	into := image.Rect(0, 0, max(1, int(float64(size.X)*scale)), max(1, int(float64(size.Y)*scale)))
	draw.BiLinear.Scale(square, into, img, img.Bounds(), draw.Src, nil)
	out, err := d.session.Floats(ctx, onnx.NewShape(1, 3, int64(d.side), int64(d.side)), planes(square, 2, 1, 0, 0, 1))
	if err != nil {
		return nil, err
	}
	var faces []Face
	for i, stride := range detectorStrides {
		n := len(detectorStrides)
		g := grid{stride: stride, columns: d.side / stride, class: out[i], object: out[n+i], box: out[2*n+i], points: out[3*n+i]}
		if faces, err = g.faces(faces, least); err != nil {
			return nil, err
		}
	}
	for i := range faces {
		faces[i].shrink(float32(scale))
	}
	return suppress(faces), nil
}

// grid is what YuNet says at one stride: for each cell a class score, an objectness, a box (centre
// offsets in cells, log of the sides in cells) and five points (offsets in cells).
type grid struct {
	stride, columns            int
	class, object, box, points []float32
}

func (g grid) faces(into []Face, least float32) ([]Face, error) {
	cells := g.columns * g.columns
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
