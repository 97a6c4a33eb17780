package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/gif" // the formats that a stored image may have
	"image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

const (
	maxImageBytes  = 16 << 20
	maxImagePixels = 64 << 20
	jpegQuality    = 90
	// maxInlined bounds the images of one answer together, in base64. Rows beyond have none.
	maxInlined = 64 << 20
)

// inlineImage gives the base64 JPEG of an image file below a configured root, else "". The roots
// are opened as such: no "..", absolute path or symbolic link leads out of them.
func (s *Server) inlineImage(path string) string {
	if path == "" {
		return ""
	}
	for _, root := range s.roots {
		if data := readBelow(root, path); data != nil {
			return base64.StdEncoding.EncodeToString(data)
		}
	}
	return ""
}

// readBelow reads an image file below root as JPEG, or nil. A path may be relative to the root, or
// stand as an index of local files has it: in full, or relative to the working folder.
func readBelow(root *os.Root, path string) []byte {
	if !filepath.IsAbs(path) {
		if data := readImage(root, path); data != nil {
			return data
		}
	}
	base, err := filepath.Abs(root.Name())
	if err != nil {
		return nil
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	if path, err = filepath.Rel(base, whole); err != nil || strings.HasPrefix(path, "..") {
		return nil
	}
	return readImage(root, path)
}

// readImage reads the file at a path below root. The root sees to it that nothing leads out.
func readImage(root *os.Root, path string) []byte {
	file, err := root.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxImageBytes {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(file, maxImageBytes))
	if err != nil {
		return nil
	}
	return asJPEG(data)
}

// asJPEG gives JPEG bytes as they are and other images re-encoded; nil for what is no image.
func asJPEG(data []byte) []byte {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || tooManyPixels(config) {
		return nil
	}
	if format == "jpeg" {
		return data
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, decoded, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil
	}
	return out.Bytes()
}

func tooManyPixels(config image.Config) bool {
	return config.Width > 0 && config.Height > maxImagePixels/config.Width
}

// checkPixels refuses an image whose header promises more pixels than a service can decode for
// everybody. What the header does not say is the encoder's to check.
func checkPixels(data []byte) error {
	if len(data) > maxImageBytes {
		return &Error{Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("the image has more than %d bytes", maxImageBytes)}
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err == nil && tooManyPixels(config) {
		return &Error{Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("the image has %d x %d pixels, more than %d in all", config.Width, config.Height, maxImagePixels)}
	}
	return nil
}

// fetchImage gets the image of an image_url.
func (s *Server) fetchImage(ctx context.Context, q *knnQuery) error {
	if q.imageURL == "" {
		return nil
	}
	defer s.metrics.timed(download, time.Now())
	data, err := s.options.Fetcher.Get(ctx, q.imageURL)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return badRequest("image_url: %v", err)
	}
	q.image = data
	return nil
}
