package retriever

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/gif" // the formats that a data set's images have
	"image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// The bounds of a thumbnail: what may be decoded, how large it becomes, and its JPEG quality.
const (
	maxThumbnailPixels = 100_000_000
	thumbnailSide      = 192
	thumbnailQuality   = 80
)

// thumbnail is a small picture to put into a page.
type thumbnail struct {
	uri           string // data: URI of a JPEG
	width, height int    // of the image that it shows
}

// newThumbnail scales an image file so that its long side has 192 pixels; smaller ones stay.
func newThumbnail(file []byte) (thumbnail, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return thumbnail{}, fmt.Errorf("the image cannot be shown: %w", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxThumbnailPixels/config.Height {
		return thumbnail{}, fmt.Errorf("the image cannot be shown: %d x %d pixels", config.Width, config.Height)
	}
	full, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return thumbnail{}, fmt.Errorf("the image cannot be shown: %w", err)
	}
	size := full.Bounds().Size()
	scale := min(1, float64(thumbnailSide)/float64(max(size.X, size.Y)))
	small := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(size.X)*scale)), max(1, int(float64(size.Y)*scale))))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src) // under what is transparent
	draw.ApproxBiLinear.Scale(small, small.Bounds(), full, full.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return thumbnail{}, fmt.Errorf("the image cannot be shown: %w", err)
	}
	return thumbnail{"data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), size.X, size.Y}, nil
}
