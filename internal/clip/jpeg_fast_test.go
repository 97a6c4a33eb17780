package clip

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScaledStaysAboveTheModelsSize(t *testing.T) {
	// ceil(n/8), ceil(n/4) and ceil(n/2) of the short side against 224.
	for _, test := range []struct{ width, height, wantWidth, wantHeight int }{
		{256, 256, 256, 256},     // a half would be 128
		{447, 600, 224, 300},     // 223.5 rounds up to 224
		{446, 600, 446, 600},     // 223
		{640, 480, 320, 240},     // a quarter would be 120
		{1600, 1200, 400, 300},   // an eighth would be 150
		{1793, 10000, 225, 1250}, // 224.125 rounds up
		{100, 80, 100, 80},
	} {
		width, height := openCLIP.scaled(test.width, test.height)
		require.Equal(t, [2]int{test.wantWidth, test.wantHeight}, [2]int{width, height})
	}
}

// Photos decoded the fast way look like those decoded exactly: on every golden JPEG the bytes that
// the model sees differ by 4 of 255 levels in the mean at most (the noise images, whose chroma has
// no smooth parts, are the worst), and other formats not at all.
func TestFastDecodeIsClose(t *testing.T) {
	exact, fast := exactPreprocessor(t, openCLIP), exactPreprocessor(t, openCLIP)
	fast.fast = true
	for name := range goldenTensors(t) {
		data := imageFixture(t, "golden", "images", name)
		want, err := exact.RGB(data)
		require.NoError(t, err)
		got, err := fast.RGB(data)
		require.NoError(t, err)
		largest, mean := difference(want, got)
		if !bytes.HasPrefix(data, []byte("\xff\xd8\xff")) {
			require.Zero(t, largest, name)
		}
		require.Less(t, mean, 4.0, name)
		t.Logf("%-32s up to %3d levels, %.2f in the mean", name, largest, mean)
	}
}

// A gradient of 1600 x 1200 pixels scaled to 300 rows is that gradient still, in the same place.
func TestFastDecodeKeepsTheGeometry(t *testing.T) {
	photo := image.NewGray(image.Rect(0, 0, 1601, 1203))
	for y := range 1203 {
		for x := range 1601 {
			photo.Pix[y*photo.Stride+x] = byte(255 * x / 1600)
		}
	}
	var data bytes.Buffer
	require.NoError(t, jpeg.Encode(&data, photo, &jpeg.Options{Quality: 100}))
	fast := exactPreprocessor(t, openCLIP)
	fast.fast = true
	got, err := fast.RGB(data.Bytes())
	require.NoError(t, err)
	// Resized to 298 x 224, cropped at 37: column c shows (37 + c + 1/2) / 298 of the width.
	for c := range 224 {
		require.InDelta(t, 255*(37+float64(c)+0.5)/298, float64(got[3*(100*224+c)]), 1.5, "column %d", c)
	}
}

func TestFastDecodeIsInTheFingerprint(t *testing.T) {
	exact := exactPreprocessor(t, openCLIP)
	b := &Bundle{pixels: newPreprocessor(t, openCLIP)}
	require.NoError(t, b.FastDecode())
	require.Equal(t, exact.Decoder()+", fast", b.Info().Decoder)
	b.pixels.jpeg = nil
	require.ErrorContains(t, b.FastDecode(), "needs libjpeg-turbo")
}
