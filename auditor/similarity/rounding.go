package similarity

import "math"

// numberPanel is how many names one call of the 16-bit kernel takes.
const numberPanel = 32

// numbers are vectors multiplied by scale and rounded to whole numbers.
type numbers struct {
	values  []int16
	scale   float64
	longest float64 // length of the longest vector, times scale
	lost    float64 // largest length of what rounding took from a vector, times scale
}

// numberRange is the length of the longest vector in whole numbers: an element has 15 bits, and two
// such vectors have a product below 2^31, with room for rounding.
const numberRange = 32700

// newNumbers chooses the scale for vectors of any length.
func newNumbers(size int, longest float64) numbers {
	n := numbers{values: make([]int16, size), scale: 1}
	if longest > 0 {
		n.scale = numberRange / longest
	}
	n.longest = longest * n.scale
	return n
}

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

// magic added to a float32 below 2^22 leaves its nearest whole number in the low bits.
const magic = 3 << 22

// round puts a vector's elements in pairs, step numbers apart, from at on.
func (n *numbers) round(v []float32, at, step int) {
	var lost float32
	scale := float32(n.scale)
	for k, x := range v {
		scaled := x * scale
		whole := scaled + magic
		n.values[at+k%2] = int16(math.Float32bits(whole))
		scaled -= whole - magic
		lost += scaled * scaled
		at += k % 2 * step
	}
	// An element of 2^15 in float32 is itself off by up to 2^-9.
	n.lost = max(n.lost, 1.001*math.Sqrt(float64(lost))+math.Sqrt(float64(len(v)))/256)
}

// roundPhotos keeps the order of rows and elements. An odd dimension gets a 0 more, and rows of 0
// follow, so that a tile may begin at any photo.
func roundPhotos(rows []float32, dim int) numbers {
	count, width := len(rows)/dim, evened(dim)
	row := func(i int) []float32 { return rows[i*dim : (i+1)*dim] }
	longest := 0.0
	for i := range count {
		longest = max(longest, length(row(i)))
	}
	n := newNumbers((count+tileRows)*width, longest)
	for i := range count {
		n.round(row(i), i*width, 2)
	}
	return n
}

// roundNames puts names into panels of 32, pair of elements by pair of elements, as the 16-bit
// kernel reads them.
func roundNames(vectors [][]float32, dim int) numbers {
	width := evened(dim)
	longest := 0.0
	for _, v := range vectors {
		longest = max(longest, length(v))
	}
	n := newNumbers(numberStride(len(vectors))*width, longest)
	for i, v := range vectors {
		n.round(v, i/numberPanel*numberPanel*width+i%numberPanel*2, 2*numberPanel)
	}
	return n
}

func evened(dim int) int { return dim + dim%2 }

func numberStride(names int) int { return (names + numberPanel - 1) / numberPanel * numberPanel }

// doubt is how far a score (a product of rounded vectors) may be from the similarity in float32, in
// scores. With a = scaled photo, b = scaled name and da, db what rounding took:
// |(a-da)(b-db) - ab| <= |da|(|b|+|db|) + |a||db|; the float32 sum of dim products rounds by at most
// dim/2^24 of |a||b|.
func doubt(photos, names numbers, dim int) float64 {
	inFloat32 := 1.1 * float64(dim) / (1 << 24) * photos.longest * names.longest
	return photos.lost*(names.longest+names.lost) + photos.longest*names.lost + inFloat32
}
