package server

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/gif" // the formats that a stored image may have
	"image/jpeg"
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

const (
	maxImageBytes  = 16 << 20
	maxImagePixels = 64 << 20
	jpegQuality    = 90
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

// readBelow reads an image file below root as JPEG, or nil. A path may be given relative to the
// root, or in full as an index of local files has it.
func readBelow(root *os.Root, path string) []byte {
	if filepath.IsAbs(path) {
		base, err := filepath.Abs(root.Name())
		if err != nil {
			return nil
		}
		if path, err = filepath.Rel(base, path); err != nil || strings.HasPrefix(path, "..") {
			return nil
		}
	}
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
	if err != nil || config.Width*config.Height > maxImagePixels {
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
