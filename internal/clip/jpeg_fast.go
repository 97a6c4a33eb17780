package clip

import "errors"

// FastDecode makes the bundle decode JPEGs the fast way: large ones are scaled to a half, a quarter
// or an eighth within the inverse DCT, but never below the model's size, and chroma is not
// interpolated. Pixels then differ from Pillow's, so Info's Decoder says it. It needs
// libjpeg-turbo. Call it before the bundle is in use.
func (b *Bundle) FastDecode() error {
	if b.pixels.jpeg == nil {
		return errors.New("fast decoding needs libjpeg-turbo, which is not installed here: install the package libturbojpeg (libturbojpeg0), or decode without it")
	}
	b.pixels.fast = true
	return nil
}

// scaled gives the smallest size that a JPEG of width x height can be decoded to without losing
// what the model sees. The library rounds up, as here. Other eighths are left out: it is not
// faster at them.
func (s ImageSpec) scaled(width, height int) (int, int) {
	for _, eighths := range []int{1, 2, 4} {
		w, h := (width*eighths+7)/8, (height*eighths+7)/8
		if min(w, h) >= s.Size {
			return w, h
		}
	}
	return width, height
}
