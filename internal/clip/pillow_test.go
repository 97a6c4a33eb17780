package clip

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
				rgb, err := p.RGB(data)
				require.NoError(t, err)
				sum := sha256.Sum256(rgb)
				require.Equal(t, digests[i], hex.EncodeToString(sum[:]), spec.String())
			}
		})
	}
}

// The kernels for one processor must not differ from Go's by one level.
func TestFastKernelsEqualPlainOnes(t *testing.T) {
	if !haveFastKernels() {
		t.Skip("this build or processor has no kernels but Go's")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, tc := range []struct{ width, height, to int }{
		{1, 1, 5}, {2, 3, 7}, {9, 31, 8}, {64, 64, 64}, {100, 41, 33}, {501, 375, 224}, {1999, 13, 17},
	} {
		const n = 4
		src := make([]byte, tc.width*tc.height*n)
		for i := range src {
			src[i] = byte(random.UintN(2) * 255) // extremes overshoot and clip
			if i%3 == 0 {
				src[i] = byte(random.UintN(256))
			}
		}
		columns, err := newWeights(tc.width, tc.to, 0, tc.to)
		require.NoError(t, err)
		rows, err := newWeights(tc.height, tc.to, 0, tc.to)
		require.NoError(t, err)
		plain, fast := make([]byte, tc.to*tc.height*n), make([]byte, tc.to*tc.height*n)
		columns.plainHorizontal(plain, src, tc.height, n)
		columns.fastHorizontal(fast, src, tc.height)
		require.True(t, bytes.Equal(plain, fast), "horizontal %v", tc)
		squarePlain, squareFast := make([]byte, tc.to*tc.to*n), make([]byte, tc.to*tc.to*n)
		rows.plainVertical(squarePlain, plain, tc.to*n, 0)
		rows.fastVertical(squareFast, plain, tc.to*n, 0)
		require.True(t, bytes.Equal(squarePlain, squareFast), "vertical %v", tc)
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
