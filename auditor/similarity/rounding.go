package similarity

import "math"

// numberPanel is how many names one call of the 16-bit kernel takes.
const numberPanel = 32

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

// roundNames puts names into panels of 32, pair of elements by pair of elements, as the 16-bit
// kernel reads them.
func roundNames(vectors [][]float32, dim int) numbers {
	longest := 0.0
	for _, v := range vectors {
		longest = max(longest, length(v))
	}
	width := evened(dim)
	n := numbers{make([]int16, numberStride(len(vectors))*width), scaleOf(longest)}
	scale := float32(n.scale)
	for i, v := range vectors {
		to := n.values[i/numberPanel*numberPanel*width+i%numberPanel*2:]
		for k := 0; k+1 < len(v); k += 2 {
			to[k*numberPanel], to[k*numberPanel+1] = rounded(v[k], scale), rounded(v[k+1], scale)
		}
		if dim%2 == 1 {
			to[(dim-1)*numberPanel] = rounded(v[dim-1], scale)
		}
	}
	return n
}

func numberStride(names int) int { return (names + numberPanel - 1) / numberPanel * numberPanel }

// slack is how far a score (a product of rounded vectors) may be from the similarity in float32, in
// scores. Each vector is at most numberRange long and rounds by at most h, so that the product rounds by
// numberRange*h twice and h*h; the float32 sum of dim products rounds by at most dim/2^24 of the
// product of lengths.
func slack(dim int) float64 {
	const step = 0.51 // half a whole number, and the rounding before it
	h := step * math.Sqrt(float64(dim))
	return h*(2*numberRange+h) + 1.1*float64(dim)/(1<<24)*numberRange*numberRange
}
