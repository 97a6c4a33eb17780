package clip

import "math"

// normalise scales v to length 1 in float32. A vector that has no direction, because it is zero,
// infinite or not a number, becomes all NaN: whoever stores vectors then sees at once that this one
// is unusable.
func normalise(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	length := float32(math.Sqrt(sum))
	if !(length > 0) || math.IsInf(float64(length), 1) {
		length = float32(math.NaN())
	}
	for i := range v {
		v[i] /= length
	}
}
