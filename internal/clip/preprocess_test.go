package clip

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"image/png"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// openCLIP is what open_clip does for OpenAI's ViT-B/32.
var openCLIP = ImageSpec{
	Size: 224, Resize: "shortest", Crop: "center", Interpolation: "bicubic",
	Mean: [3]float32{0.48145466, 0.4578275, 0.40821073},
	Std:  [3]float32{0.26862954, 0.26130258, 0.27577711},
}

func newPreprocessor(t testing.TB, spec ImageSpec) *Preprocessor {
	t.Helper()
	p, err := NewPreprocessor(spec)
	require.NoError(t, err)
	return p
}

// exactPreprocessor is a preprocessor whose JPEG decoder is exact.
func exactPreprocessor(t testing.TB, spec ImageSpec) *Preprocessor {
	t.Helper()
	p := newPreprocessor(t, spec)
	if p.jpeg == nil {
		skip(t, "libjpeg-turbo (libturbojpeg.so.0) is not installed: JPEGs are not exact")
	}
	return p
}

// imageFixture reads a fixture.
func imageFixture(t testing.TB, elements ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(fixture(t, elements...))
	require.NoError(t, err)
	return data
}

// goldenTensors are digests of the float32 tensors that open_clip makes.
func goldenTensors(t testing.TB) map[string]string {
	t.Helper()
	var golden struct {
		Images map[string]struct {
			Tensor string `json:"tensor_sha256"`
		}
	}
	require.NoError(t, json.Unmarshal(imageFixture(t, "golden", "preprocess.json"), &golden))
	require.Len(t, golden.Images, 24)
	tensors := map[string]string{}
	for name, image := range golden.Images {
		tensors[name] = image.Tensor
	}
	return tensors
}

// goldenRGB reads the bytes that Pillow made of a golden image.
func goldenRGB(t testing.TB, name string) []byte {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(imageFixture(t, "golden", "pre", name+".png")))
	require.NoError(t, err)
	b := img.Bounds()
	out := make([]byte, 0, 3*b.Dx()*b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			out = append(out, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return out
}

// difference gives the largest and the mean difference of two byte strings.
func difference(a, b []byte) (largest int, mean float64) {
	sum := 0
	for i := range a {
		d := max(int(a[i])-int(b[i]), int(b[i])-int(a[i]))
		sum, largest = sum+d, max(largest, d)
	}
	return largest, float64(sum) / float64(len(a))
}

func digest(pixels []float32) string {
	raw, _ := binary.Append(nil, binary.LittleEndian, pixels)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func TestGoldenImagesAreExact(t *testing.T) {
	for name, tensor := range goldenTensors(t) {
		t.Run(name, func(t *testing.T) {
			p := newPreprocessor(t, openCLIP)
			if strings.HasSuffix(name, ".jpg") {
				p = exactPreprocessor(t, openCLIP)
			}
			data := imageFixture(t, "golden", "images", name)
			got, err := p.RGB(data)
			require.NoError(t, err)
			if want := goldenRGB(t, name); !bytes.Equal(want, got) {
				largest, mean := difference(want, got)
				t.Fatalf("bytes differ by up to %d levels, %.4f in the mean", largest, mean)
			}
			pixels, err := p.Pixels(nil, data)
			require.NoError(t, err)
			require.Equal(t, tensor, digest(pixels))
		})
	}
}

// Without libjpeg-turbo only the inverse DCT differs, by a rounding.
func TestGoDecoderIsClose(t *testing.T) {
	p := newPreprocessor(t, openCLIP)
	p.jpeg = nil
	require.Equal(t, "go", p.Decoder())
	for name := range goldenTensors(t) {
		if !strings.HasSuffix(name, ".jpg") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			got, err := p.RGB(imageFixture(t, "golden", "images", name))
			require.NoError(t, err)
			largest, mean := difference(goldenRGB(t, name), got)
			t.Logf("up to %d levels, %.4f in the mean", largest, mean)
			require.LessOrEqual(t, largest, 3)
			require.Less(t, mean, 0.1)
		})
	}
}

// The tensors of these photos come from clip-retrieval 2.45 with ViT-B/32.
func TestPhotosOfClipRetrievalAreExact(t *testing.T) {
	p := exactPreprocessor(t, openCLIP)
	for _, name := range []string{"123_456", "208_495", "321_421", "389_535"} {
		t.Run(name, func(t *testing.T) {
			want := imageFixture(t, "clip-retrieval", "golden", name+".tensor.npy")
			pixels, err := p.Pixels(nil, imageFixture(t, "clip-retrieval", "images", name+".jpg"))
			require.NoError(t, err)
			got, err := binary.Append(nil, binary.LittleEndian, pixels)
			require.NoError(t, err)
			require.True(t, bytes.HasSuffix(want, got), "the tensor differs")
		})
	}
}

func TestPreprocessorIsSafeForConcurrentUse(t *testing.T) {
	p := exactPreprocessor(t, openCLIP)
	tensors := goldenTensors(t)
	var wait sync.WaitGroup
	for name, tensor := range tensors {
		data := imageFixture(t, "golden", "images", name)
		for range 3 {
			wait.Go(func() {
				pixels, err := p.Pixels(nil, data)
				if err != nil || digest(pixels) != tensor {
					t.Errorf("%s differs when calls run side by side: %v", name, err)
				}
			})
		}
	}
	wait.Wait()
}

func TestSpecNamesWhatIsWrong(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*ImageSpec)
		says   string
	}{
		{"size", func(s *ImageSpec) { s.Size = 0 }, "size 0 is not in 1..4096"},
		{"resize", func(s *ImageSpec) { s.Resize = "longest" }, `resize "longest"`},
		{"crop", func(s *ImageSpec) { s.Crop = "left" }, `crop "left"`},
		{"crop none", func(s *ImageSpec) { s.Crop = "none" }, "crop none needs resize squash"},
		{"interpolation", func(s *ImageSpec) { s.Interpolation = "bilinear" }, `interpolation "bilinear"`},
		{"std", func(s *ImageSpec) { s.Std[1] = 0 }, "std[1] is 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := openCLIP
			tc.change(&spec)
			_, err := NewPreprocessor(spec)
			require.ErrorContains(t, err, tc.says)
			require.NotEqual(t, openCLIP.String(), spec.String())
		})
	}
}
