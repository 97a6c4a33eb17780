package clip

import (
	"encoding/binary"
	"math"
)

// bicubic16 resizes 16-bit grey in floating point, as Pillow does: two passes,
// rounded to 16 bits between.
func bicubic16(img *raster, f framing) (*raster, error) {
	columns, err := newWeights(img.width, f.width, f.left, f.size)
	if err != nil {
		return nil, err
	}
	rows, err := newWeights(img.height, f.height, f.top, f.size)
	if err != nil {
		return nil, err
	}
	first, last := rows.span()
	middle := newRaster(modeGray16, f.size, last-first)
	for y := range middle.height {
		for x := range f.size {
			at := (first+y)*img.width + int(columns.first[x])
			sum := sum16(img.pix[2*at:], columns.exactAt(x), 2)
			binary.BigEndian.PutUint16(middle.pix[2*(y*f.size+x):], sum)
		}
	}
	out := newRaster(modeGray16, f.size, f.size)
	for y := range f.size {
		for x := range f.size {
			at := (int(rows.first[y])-first)*f.size + x
			sum := sum16(middle.pix[2*at:], rows.exactAt(y), 2*f.size)
			binary.BigEndian.PutUint16(out.pix[2*(y*f.size+x):], sum)
		}
	}
	return out, nil
}

// sum16 weighs 16-bit values that lie stride bytes apart.
func sum16(src []byte, k []float64, stride int) uint16 {
	sum := 0.0
	for x, weight := range k {
		sum += float64(float64(binary.BigEndian.Uint16(src[x*stride:])) * weight)
	}
	return uint16(min(max(math.Floor(sum+0.5), 0), 65535))
}
