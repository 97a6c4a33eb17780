package clip

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pillowSpecs are the specs of testdata/preprocess/make.py.
func pillowSpecs() []ImageSpec {
	specs := []ImageSpec{
		{Size: 32, Resize: "shortest", Crop: "center"},
		{Size: 32, Resize: "shortest", Crop: "center-hf", ConvertFirst: true},
		{Size: 37, Resize: "shortest", Crop: "center-floor", ConvertFirst: true},
		{Size: 30, Resize: "squash", Crop: "none"},
	}
	for i := range specs {
		specs[i].Interpolation = openCLIP.Interpolation
		specs[i].Mean, specs[i].Std = openCLIP.Mean, openCLIP.Std
	}
	return specs
}

// Every mode of every format, against digests that Pillow made.
func TestEveryModeIsAsPillowReadsIt(t *testing.T) {
	folder := filepath.Join("testdata", "preprocess")
	raw, err := os.ReadFile(filepath.Join(folder, "expected.json"))
	require.NoError(t, err)
	var expected map[string][]string
	require.NoError(t, json.Unmarshal(raw, &expected))
	for name, digests := range expected {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(folder, name))
			require.NoError(t, err)
			for i, spec := range pillowSpecs() {
				p := newPreprocessor(t, spec)
				if strings.HasSuffix(name, ".jpg") {
					p = exactPreprocessor(t, spec)
				}
				img, err := p.decode(data)
				require.NoError(t, err)
				require.Equal(t, img.width*img.height, promised(data), "the header's promise")
				rgb, err := p.RGB(data)
				require.NoError(t, err)
				sum := sha256.Sum256(rgb)
				require.Equal(t, digests[i], hex.EncodeToString(sum[:]), spec.String())
			}
		})
	}
}

// The kernels for one processor must not differ from Go's by one level.
func TestKernelsEqualGos(t *testing.T) {
	all := processorKernels()
	if len(all) == 0 {
		t.Skip("this build or processor has no kernels but Go's")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, tc := range []struct{ width, height, to int }{
		{1, 1, 5}, {2, 3, 7}, {5, 5, 3}, {9, 31, 8}, {64, 64, 64}, {100, 41, 33}, {40, 100, 224}, {501, 375, 224}, {1999, 13, 17},
	} {
		src := make([]byte, tc.width*tc.height*4)
		for i := range src {
			src[i] = byte(random.UintN(2) * 255) // extremes overshoot and clip
			if i%3 == 0 {
				src[i] = byte(random.UintN(256))
			}
		}
		// The whole of the resized image, and a part of its middle.
		for _, part := range []struct{ from, n int }{{0, tc.to}, {tc.to / 3, max(tc.to/2, 1)}} {
			compareKernels(t, all, src, side{tc.width, tc.to, part.from, part.n}, side{tc.height, tc.to, part.from, part.n})
		}
	}
}

// compareKernels resizes src with all kernels and Go's.
func compareKernels(t *testing.T, all []kernels, src []byte, across, down side) {
	t.Helper()
	var known knownWeights
	columns, err := known.of(across)
	require.NoError(t, err)
	rows, err := known.of(down)
	require.NoError(t, err)
	first, last := rows.span()
	src = src[4*first*across.in : 4*last*across.in]
	wantRows, wantSquare := make([]byte, 4*across.n*(last-first)), make([]byte, 4*across.n*down.n)
	plainHorizontal(columns, wantRows, src, last-first)
	plainVertical(rows, wantSquare, wantRows, 4*across.n, first)
	for _, k := range all {
		gotRows, gotSquare := make([]byte, len(wantRows)), make([]byte, len(wantSquare))
		k.horizontal(columns, gotRows, src, last-first)
		require.True(t, bytes.Equal(wantRows, gotRows), "%s: horizontal %v", k.name, across)
		k.vertical(rows, gotSquare, gotRows, 4*across.n, first)
		require.True(t, bytes.Equal(wantSquare, gotSquare), "%s: vertical %v", k.name, down)
		for narrow := range 4 { // a width that no register fits
			n := 4*across.n - narrow
			got, want := make([]byte, n*down.n), make([]byte, n*down.n)
			k.vertical(rows, got, gotRows[:n*(last-first)], n, first)
			plainVertical(rows, want, gotRows[:n*(last-first)], n, first)
			require.True(t, bytes.Equal(want, got), "%s: vertical %v of %d bytes", k.name, down, n)
		}
	}
}

// The digits of a weight, lowest first, are the weight: sum of digit * 256^d.
func TestDigitsAreTheWeights(t *testing.T) {
	for _, s := range []side{{256, 224, 0, 224}, {640, 298, 37, 224}, {100, 300, 38, 224}, {5000, 224, 0, 224}, {13, 17, 0, 17}} {
		w, err := newWeights(s.in, s.out, s.from, s.n)
		require.NoError(t, err)
		w.split()
		require.Positive(t, w.quads, "%v", s)
		for i := range s.n {
			got := make([]int32, 4*w.quads)
			for at := range got {
				for d, place := range []int32{1, 256, 65536} {
					packed := w.digits[(at/4*weightDigits+d)*s.n+i]
					got[at] += place * int32(int8(packed>>(at%4*8)))
				}
			}
			want := make([]int32, 4*w.quads)
			copy(want[w.first[i]-w.start[i]:], w.fixedAt(i))
			require.Equal(t, want, got, "%v, pixel %d", s, i)
		}
	}
}

// Levels are normalised as the table says, to the last bit, whatever mean and deviation; where a
// kernel would not do so, the table is used.
func TestNormalisingIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		spec := openCLIP
		spec.Size = 1 + round%40
		if round > 0 {
			for c := range 3 {
				spec.Mean[c], spec.Std[c] = random.Float32(), random.Float32()*float32(round)+1e-6
			}
		}
		p := newPreprocessor(t, spec)
		img := newRaster(modeRGB, spec.Size, spec.Size)
		for i := range img.pix {
			img.pix[i] = byte(random.UintN(256))
		}
		plane := spec.Size * spec.Size
		got := make([]float32, 3*plane)
		p.planes(got, img)
		for i, v := range got {
			c := i / plane
			level := float32(img.pix[4*(i%plane)+c]) / 255
			want := (level - spec.Mean[c]) / spec.Std[c]
			require.Equal(t, math.Float32bits(want), math.Float32bits(v), "%v: channel %d", spec, c)
		}
	}
}

// The places follow from the arithmetic beside them.
func TestCropPlaces(t *testing.T) {
	for _, tc := range []struct {
		crop          string
		width, height int
		want          framing
	}{
		// 357*224/241 = 331.8; (331-224)/2 = 53.5, and 54 is the even neighbour.
		{"center", 357, 241, framing{331, 224, 54, 0, 224}},
		// 225*224/224 = 225; 1/2 = 0.5, and 0 is the even neighbour.
		{"center", 225, 224, framing{225, 224, 0, 0, 224}},
		// 227-224 = 3; 1.5 goes to 2, and down to 1.
		{"center", 227, 224, framing{227, 224, 2, 0, 224}},
		{"center-hf", 227, 224, framing{227, 224, 1, 0, 224}},
		{"center-floor", 224, 227, framing{224, 227, 0, 1, 224}},
		// 230.0/224*224 is 229.99999999999997 in floating point; 5/2 goes to 2.
		{"center-floor", 230, 224, framing{229, 224, 2, 0, 224}},
		{"center", 230, 224, framing{230, 224, 3, 0, 224}},
	} {
		spec := openCLIP
		spec.Crop = tc.crop
		require.Equal(t, tc.want, spec.frame(tc.width, tc.height), "%s %d x %d", tc.crop, tc.width, tc.height)
	}
}
