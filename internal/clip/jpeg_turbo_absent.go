//go:build !cgo || !unix

package clip

import "errors"

// turboJPEG stands for libjpeg-turbo where it cannot be loaded.
type turboJPEG struct{}

// openTurboJPEG returns nil: this build cannot load the library.
func openTurboJPEG() *turboJPEG { return nil }

func (*turboJPEG) version() string { return "" }

func (*turboJPEG) decode(*raster, []byte, bool) error {
	return errors.New("this build cannot load libjpeg-turbo")
}
