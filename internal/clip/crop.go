package clip

import "math"

// framing is the part of the resized image that the model sees. The whole
// resized image, width x height, is never computed: only the size x size square
// at left, top.
type framing struct {
	width, height int
	left, top     int
	size          int
}

// frame finds the size of the resized image and the place of the crop for an
// image of width x height.
func (s ImageSpec) frame(width, height int) framing {
	f := framing{width: s.Size, height: s.Size, size: s.Size}
	if s.Resize == "squash" {
		return f
	}
	if width <= height {
		f.height = s.longSide(height, width)
	} else {
		f.width = s.longSide(width, height)
	}
	f.left = s.cropStart(f.width - s.Size)
	f.top = s.cropStart(f.height - s.Size)
	return f
}

// longSide scales the long side by S/short, rounded down. Immich rounds the
// ratio before it multiplies: 230/224*224 is 229 there, not 230.
func (s ImageSpec) longSide(long, short int) int {
	if s.Crop == "center-floor" {
		ratio := float64(long) / float64(short)
		return max(int(ratio*float64(s.Size)), s.Size)
	}
	return s.Size * long / short
}

// cropStart places the crop when d pixels are left over.
func (s ImageSpec) cropStart(d int) int {
	if s.Crop == "center" {
		return int(math.RoundToEven(float64(d) / 2))
	}
	return d / 2
}
