package face

import (
	"context"
	"fmt"
	"image"

	"rollcall/internal/onnx"
)

// The outputs of CenterFace (Xu et al., 2019), as scripts/face_models.py names them.
const (
	centerHeatmap   = "heatmap"
	centerScale     = "scale"
	centerOffset    = "offset"
	centerLandmarks = "landmarks"
)

// centerStride is the side of CenterFace's cells, in pixels.
const centerStride = 4

// centerface is the detector CenterFace.
type centerface struct {
	session *onnx.Session
	sight   sight
}

func openCenterFace(path string, inputs, outputs []onnx.Info, o onnx.Options) (detector, error) {
	names := []string{centerHeatmap, centerScale, centerOffset, centerLandmarks}
	for _, name := range names {
		if !hasOutput(outputs, name) {
			return nil, fmt.Errorf("%s is no CenterFace: it has no output %s", path, name)
		}
	}
	session, err := onnx.NewSession(onnx.Graph{Path: path, Name: path, Inputs: []string{inputs[0].Name}, Outputs: names}, o)
	if err != nil {
		return nil, err
	}
	return &centerface{session, sightOf(inputs[0])}, nil
}

func (d *centerface) close() error { return d.session.Close() }

// find implements detector. CenterFace takes red, green and blue from 0 to 255.
func (d *centerface) find(ctx context.Context, img *image.RGBA, least float32) ([]Face, error) {
	seen, scale := d.sight.fit(img)
	size := seen.Bounds().Size()
	out, err := d.session.Floats(ctx, onnx.NewShape(1, 3, int64(size.Y), int64(size.X)), planes(seen, 0, 1, 2, 0, 1))
	if err != nil {
		return nil, err
	}
	m := centers{columns: size.X / centerStride, rows: size.Y / centerStride, heat: out[0], scale: out[1], offset: out[2], landmarks: out[3]}
	faces, err := m.faces(least)
	if err != nil {
		return nil, err
	}
	for i := range faces {
		faces[i].shrink(scale)
	}
	return suppress(faces), nil
}

// centers is what CenterFace says of an image, a plane a number: for each cell the score that a face's
// centre is there, log of the box's height and width in cells, offset of the centre in cells down and
// to the right, and the five points as shares of the box's height and width from its corner, y first.
type centers struct {
	columns, rows                  int
	heat, scale, offset, landmarks []float32
}

func (m centers) faces(least float32) ([]Face, error) {
	n := m.columns * m.rows
	if len(m.heat) != n || len(m.scale) != 2*n || len(m.offset) != 2*n || len(m.landmarks) != 10*n {
		return nil, fmt.Errorf("the detector's outputs do not fit its input of %d x %d cells", m.columns, m.rows)
	}
	var faces []Face
	for i, score := range m.heat {
		if !(score >= least) {
			continue
		}
		row, column := float32(i/m.columns), float32(i%m.columns)
		f := Face{Score: score, Height: exp(m.scale[i]) * centerStride, Width: exp(m.scale[n+i]) * centerStride}
		f.Top = (row+m.offset[i]+0.5)*centerStride - f.Height/2
		f.Left = (column+m.offset[n+i]+0.5)*centerStride - f.Width/2
		for k := range f.Landmarks {
			f.Landmarks[k] = Point{f.Left + m.landmarks[(2*k+1)*n+i]*f.Width, f.Top + m.landmarks[2*k*n+i]*f.Height}
		}
		faces = append(faces, f)
	}
	return faces, nil
}
