package clip

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pngHeader is a PNG that promises a size and breaks off.
func pngHeader(width, height uint32) []byte {
	out := []byte(pngMagic + "\x00\x00\x00\x0d")
	body := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	body = binary.BigEndian.AppendUint32(body, height)
	body = append(body, 8, 2, 0, 0, 0)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// jpegOf is a JPEG frame header of a size, and the start of a scan.
func jpegOf(width, height uint16, depth, components byte) []byte {
	out := []byte("\xff\xd8\xff\xc0\x00")
	out = append(out, 8+3*components, depth, byte(height>>8), byte(height), byte(width>>8), byte(width), components)
	for i := range components {
		out = append(out, i+1, 0x11, 0)
	}
	return append(out, "\xff\xda\x00\x02\xff\xd9"...)
}

func TestRefusalsSayWhy(t *testing.T) {
	photo := imageFixture(t, "golden", "images", "01_jpeg420_q90_odd.jpg")
	webp := imageFixture(t, "golden", "images", "24_webp_animated.webp")
	gif := imageFixture(t, "golden", "images", "17_gif_animated.gif")
	for _, tc := range []struct {
		name string
		data []byte
		is   error
		says string
	}{
		{"empty", nil, ErrEmpty, "empty image"},
		{"html", []byte("\n <!DOCTYPE html><p>404"), ErrUnsupported, "an HTML page"},
		{"svg", []byte(`<?xml version="1.0"?><svg width="1"/>`), ErrUnsupported, "SVG"},
		{"text", []byte("not found"), ErrUnsupported, `text starting "not found"`},
		{"tiff", []byte("II*\x00rest"), ErrUnsupported, "TIFF"},
		{"avif", []byte("\x00\x00\x00\x1cftypavif\x00\x00"), ErrUnsupported, `brand "avif"`},
		{"bytes", []byte{0, 1, 2, 250}, ErrUnsupported, "bytes starting 00 01 02 fa"},
		// 13378 * 13378 = 178,970,884 is the first square above 178,956,970.
		{"large png", pngHeader(13378, 13378), ErrTooLarge, "13378 x 13378"},
		{"huge png", pngHeader(1<<31, 1<<31), ErrTooLarge, "2147483648 x 2147483648"},
		{"png without size", pngHeader(0, 5), ErrDecode, "0 x 5"},
		{"png without pixels", pngHeader(5, 5), ErrDecode, "has no pixels"},
		{"large jpeg", jpegOf(65000, 65000, 8, 3), ErrTooLarge, "65000 x 65000"},
		{"12-bit jpeg", jpegOf(5, 5, 12, 3), ErrDecode, "12 bits per sample"},
		{"two-colour jpeg", jpegOf(5, 5, 8, 2), ErrDecode, "2 colour components"},
		{"jpeg without scan", photo[:200], ErrDecode, "before its first scan"},
		{"cut jpeg", photo[:len(photo)/2], ErrDecode, "cut short after"},
		{"jpeg without end", photo[:len(photo)-2], ErrDecode, "cut short after"},
		{"cut webp", webp[:len(webp)-1], ErrDecode, "WebP is cut short"},
		{"cut gif", gif[:900], ErrDecode, "GIF"},
		{"gif without frame", append(gif[:13:13], ';'), ErrDecode, "GIF"},
		{"cut bmp", []byte("BM0123456789ab\x28\x00\x00\x00"), ErrDecode, "BMP ends within its header"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPreprocessor(t, openCLIP)
			_, err := p.Pixels(nil, tc.data)
			require.ErrorIs(t, err, tc.is)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

// Damage inside a JPEG is decoded around, as Pillow does, where libjpeg-turbo is.
func TestDamagedJPEGIsDecoded(t *testing.T) {
	p := exactPreprocessor(t, openCLIP)
	data := bytes.Clone(imageFixture(t, "golden", "images", "01_jpeg420_q90_odd.jpg"))
	middle := len(data) / 2
	copy(data[middle:], []byte{0x55, 0xaa, 0x55, 0xaa})
	_, err := p.Pixels(nil, data)
	require.NoError(t, err)
}

func TestDecoderNamesItsVersion(t *testing.T) {
	p := exactPreprocessor(t, openCLIP)
	require.Regexp(t, `^libjpeg-turbo \d+\.\d+(\.\d+)*$`, p.Decoder())
}

// A side that is far longer than the other would need rows no image has.
func TestExtremeSidesAreRefused(t *testing.T) {
	p := newPreprocessor(t, openCLIP)
	_, err := p.square(newRaster(modePalette, 3_000_000, 1))
	require.ErrorIs(t, err, ErrTooLarge)
	spec := openCLIP
	spec.Resize, spec.Crop = "squash", "none"
	_, err = newPreprocessor(t, spec).square(newRaster(modeGray, 8_000_000, 1))
	require.ErrorIs(t, err, ErrTooLarge)
}

// A WebP file's frame that is larger than the file says is refused before it is decoded.
func TestWebPFrameOfAnotherSize(t *testing.T) {
	data := imageFixture(t, "golden", "images", "24_webp_animated.webp")
	at := bytes.Index(data, []byte("VP8 "))
	require.Positive(t, at)
	binary.LittleEndian.PutUint16(data[at+8+6:], 16383)
	_, err := newPreprocessor(t, openCLIP).RGB(data)
	require.ErrorIs(t, err, ErrDecode)
	require.ErrorContains(t, err, "WebP frame has 16383 x ")
}

func FuzzPixels(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join("testdata", "preprocess", "*.*"))
	require.NoError(f, err)
	for _, path := range seeds {
		if strings.HasSuffix(path, ".py") || strings.HasSuffix(path, ".json") {
			continue
		}
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte("GIF89a"))
	f.Add(jpegOf(9, 9, 8, 4))
	p := newPreprocessor(f, ImageSpec{
		Size: 8, Resize: "shortest", Crop: "center", Interpolation: "bicubic", Std: [3]float32{1, 1, 1},
	})
	plain := newPreprocessor(f, p.spec)
	plain.jpeg, plain.kernels = nil, plainKernels()
	f.Fuzz(func(t *testing.T, data []byte) {
		fast, err := p.Pixels(nil, data)
		if err == nil {
			require.Len(t, fast, 3*8*8)
			img, err := p.decode(data)
			require.NoError(t, err)
			require.Equal(t, img.width*img.height, promised(data))
		}
		slow, errSlow := plain.Pixels(nil, data)
		if bytes.HasPrefix(data, []byte("\xff\xd8\xff")) {
			return // of another decoder
		}
		require.Equal(t, err, errSlow)
		require.Equal(t, slow, fast, "the kernels give other pixels than Go")
	})
}
