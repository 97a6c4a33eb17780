package face

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/onnx"
)

func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// bundle makes a bundle of the fixtures' models.
func bundle(t *testing.T, recogniser string) *Model {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	from, err := filepath.Abs(filepath.Join("..", "shared", "fixtures", "faces"))
	require.NoError(t, err)
	for _, need := range []string{from, filepath.Join(".cache", "onnxruntime")} {
		if _, err := os.Stat(need); err != nil {
			skip(t, need+" is absent")
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"yunet.onnx", recogniser} {
		require.NoError(t, os.Symlink(filepath.Join(from, name), filepath.Join(dir, name)))
	}
	text := fmt.Sprintf(`{"detector":"yunet.onnx","recogniser":%q}`, recogniser)
	require.NoError(t, os.WriteFile(filepath.Join(dir, BundleName), []byte(text), 0o644))
	m, err := Open("", dir, onnx.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

// portrait is one picture of the Olivetti data set.
func portrait(t *testing.T, person, number int) image.Image {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "shared", "fixtures", "faces", "orl", fmt.Sprintf("s%d", person), fmt.Sprintf("%d.pgm", number)))
	require.NoError(t, err)
	require.Equal(t, "P5", string(data[:2]))
	const width, height = 92, 112 // of every picture in the set; the pixels are the end of the file
	img := image.NewGray(image.Rect(0, 0, width, height))
	copy(img.Pix, data[len(data)-width*height:])
	return img
}

// olivetti finds the main face of every picture: 20 persons with 10 each.
func olivetti(t *testing.T, m *Model) (vectors [][]float32, persons []int) {
	t.Helper()
	missed := 0
	for person := 1; person <= 20; person++ {
		for number := 1; number <= 10; number++ {
			faces, err := m.Find(t.Context(), portrait(t, person, number))
			require.NoError(t, err)
			if len(faces) == 0 {
				missed++
				continue
			}
			vectors, persons = append(vectors, faces[0].Vector), append(persons, person)
		}
	}
	t.Logf("faces not found in %d of 200 pictures", missed)
	require.LessOrEqual(t, missed, 2)
	return vectors, persons
}

func distance(a, b []float32) (d float64) {
	for i := range a {
		d += float64(a[i]-b[i]) * float64(a[i]-b[i])
	}
	return math.Sqrt(d)
}

func unit(v []float32) []float32 {
	n := distance(v, make([]float32, len(v)))
	out := make([]float32, len(v))
	for i := range v {
		out[i] = float32(float64(v[i]) / n)
	}
	return out
}

// The nearest other picture is of the same person in at least 99 of 100.
func rankOne(vectors [][]float32, persons []int) float64 {
	right := 0
	for i := range vectors {
		best, at := math.Inf(1), -1
		for k := range vectors {
			if d := distance(vectors[i], vectors[k]); k != i && d < best {
				best, at = d, k
			}
		}
		if persons[at] == persons[i] {
			right++
		}
	}
	return float64(right) / float64(len(vectors))
}

func TestMobileFaceNetOnOlivetti(t *testing.T) {
	vectors, persons := olivetti(t, bundle(t, "mobilefacenet.onnx"))
	for i := range vectors {
		require.Len(t, vectors[i], 192)
		vectors[i] = unit(vectors[i])
	}
	got := rankOne(vectors, persons)
	t.Logf("rank-1 %.4f of %d", got, len(vectors))
	require.GreaterOrEqual(t, got, 0.99)
}

// dlib's own threshold for strangers is a distance of 0.6, strictly 0.5.
func TestDlibOnOlivetti(t *testing.T) {
	vectors, persons := olivetti(t, bundle(t, "dlib_resnet.onnx"))
	var same, sameClose, other, otherClose float64
	for i := range vectors {
		for k := range i {
			near := 0.0
			if distance(vectors[i], vectors[k]) < 0.5 {
				near = 1
			}
			if persons[i] == persons[k] {
				same, sameClose = same+1, sameClose+near
			} else {
				other, otherClose = other+1, otherClose+near
			}
		}
	}
	t.Logf("rank-1 %.4f, TPR %.4f of %.0f pairs, FPR %.5f of %.0f pairs", rankOne(vectors, persons), sameClose/same, same, otherClose/other, other)
	require.GreaterOrEqual(t, rankOne(vectors, persons), 0.99)
	require.GreaterOrEqual(t, sameClose/same, 0.97)
	require.LessOrEqual(t, otherClose/other, 0.002)
}

// Two portraits side by side on a large white sheet: two boxes, where they were put.
func TestFindFileFindsEveryFace(t *testing.T) {
	m := bundle(t, "mobilefacenet.onnx")
	sheet := image.NewRGBA(image.Rect(0, 0, 500, 300))
	drawOver(sheet, image.NewRGBA(sheet.Bounds()))
	for i, left := range []int{50, 300} {
		p := portrait(t, i+1, 1)
		drawOver(sheet.SubImage(image.Rect(left, 100, left+92, 212)).(*image.RGBA), p)
	}
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, sheet))
	faces, err := m.FindFile(t.Context(), file.Bytes())
	require.NoError(t, err)
	require.Len(t, faces, 2)
	seen := map[bool]bool{}
	for _, f := range faces {
		x, y := f.Left+f.Width/2, f.Top+f.Height/2
		seen[x > 250] = true
		require.InDelta(t, 156, y, 25)
		require.InDelta(t, map[bool]float32{false: 96, true: 346}[x > 250], x, 25)
		require.Less(t, f.Landmarks[0].X, f.Landmarks[1].X)
		require.Less(t, f.Landmarks[0].Y, f.Landmarks[3].Y)
	}
	require.Len(t, seen, 2)
	_, err = m.FindFile(t.Context(), []byte("no image"))
	require.ErrorContains(t, err, "finding faces")
}

// A quarter turn, doubling and moving are found again.
func TestFit(t *testing.T) {
	from := [5]Point{{0, 0}, {4, 0}, {2, 2}, {1, 4}, {3, 4}}
	var onto [5]Point
	for i, p := range from {
		onto[i] = Point{-2*p.Y + 10, 2*p.X + 20}
	}
	got := fit(from, onto)
	require.InDeltaSlice(t, []float64{0, 2, 10, 20}, []float64{got.a, got.b, got.tx, got.ty}, 1e-6)
}

func TestBundleRefusals(t *testing.T) {
	dir := t.TempDir()
	_, err := Open("", dir, onnx.Options{})
	require.ErrorContains(t, err, "the folder needs rollcall-faces.json")
	for text, want := range map[string]string{
		`{`:                                    "unexpected end",
		`{"detector":"../d","recogniser":"r"}`: `"../d" is no file in the folder`,
		`{"detector":"d"}`:                     `"" is no file in the folder`,
		`{"detector":"d","recogniser":"r","min_score":2}`: "min_score 2",
		`{"detector":"d","recogniser":"r"}`:               "no such file",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, BundleName), []byte(text), 0o644))
		_, err := Open("", dir, onnx.Options{})
		require.ErrorContains(t, err, want)
	}
}
