package similarity

import "math"

// Photos are photo embeddings, and beside them the same rounded to 16 bits where the processor can
// screen with those.
type Photos struct {
	dim     int
	rows    []float32
	numbers numbers
}

// NewPhotos prepares photo embeddings, rows of dim one after the other, which it shares.
func NewPhotos(rows []float32, dim int) *Photos {
	p := &Photos{dim: dim, rows: rows}
	if canScreen() && len(rows) > 0 {
		p.numbers = roundPhotos(rows, dim)
	}
	return p
}

// numbers are vectors rounded to whole numbers after multiplication by scale.
type numbers struct {
	values []int16
	scale  float64
}

// numberRange is the length of the longest vector in whole numbers. Two such vectors have a product
// of at most 2^30, with room for rounding in 31 bits.
const numberRange = 32000

// scaleOf is the scale that makes the longest vector numberRange long.
func scaleOf(longest float64) float64 {
	if longest == 0 {
		return 1
	}
	return numberRange / longest
}

// magic added to a float32 below 2^22 leaves its nearest whole number in the low bits.
const magic = 3 << 22

func rounded(x, scale float32) int16 { return int16(math.Float32bits(x*scale + magic)) }

// length is a vector's length in float64.
func length(v []float32) float64 {
	var a, b float64 // two chains of additions run side by side
	k := 0
	for ; k+1 < len(v); k += 2 {
		a += float64(v[k]) * float64(v[k])
		b += float64(v[k+1]) * float64(v[k+1])
	}
	if k < len(v) {
		a += float64(v[k]) * float64(v[k])
	}
	return math.Sqrt(a + b)
}

// roundPhotos keeps the order of rows and elements. An odd dimension gets a 0 more, and rows of 0
// follow, so that a tile may begin at any photo.
func roundPhotos(rows []float32, dim int) numbers {
	count, width := len(rows)/dim, evened(dim)
	longest := 0.0
	for at := 0; at < len(rows); at += dim {
		longest = max(longest, length(rows[at:at+dim]))
	}
	n := numbers{make([]int16, (count+tileRows)*width), scaleOf(longest)}
	scale := float32(n.scale)
	for i := range count {
		to := n.values[i*width:]
		for k, x := range rows[i*dim : (i+1)*dim] {
			to[k] = rounded(x, scale)
		}
	}
	return n
}

func evened(dim int) int { return dim + dim%2 }
