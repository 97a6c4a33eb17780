package vectors

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// rotation turns vectors so that no value of them stands out: random signs, then a Hadamard matrix
// over as many values as a power of two allows, from the one end and from the other in turn. It
// keeps lengths and angles, whatever the signs are, and is the same for every file of a dimension.
type rotation struct {
	size  int // of the Hadamard matrix
	signs [][]float64
}

// newRotation makes the rotation of a dimension.
func newRotation(dimension int) rotation {
	r := rotation{size: 1 << (bits.Len(uint(dimension)) - 1)}
	rounds := 2
	if r.size != dimension {
		rounds = 4 // each leaves some values out
	}
	rng := rand.New(rand.NewPCG(20240612, uint64(dimension))) // any numbers do; changing them makes files of one bit a value wrong
	for range rounds {
		signs := make([]float64, dimension)
		for j := range signs {
			signs[j] = float64(int(rng.Uint64N(2))*2-1) / math.Sqrt(float64(r.size))
		}
		r.signs = append(r.signs, signs)
	}
	return r
}

// turn rotates a vector in place.
func (r rotation) turn(v []float64) {
	for round, signs := range r.signs {
		from := round % 2 * (len(v) - r.size)
		part := v[from : from+r.size]
		for j, sign := range signs {
			if j >= from && j < from+r.size {
				v[j] *= sign
			}
		}
		hadamard(part)
	}
}

// hadamard multiplies with Sylvester's matrix of 1 and -1; len(v) is a power of two.
func hadamard(v []float64) {
	for h := 1; h < len(v); h *= 2 {
		for i := 0; i < len(v); i += 2 * h {
			a, b := v[i:i+h], v[i+h:i+2*h]
			for j, x := range a {
				y := b[j]
				a[j], b[j] = x+y, x-y
			}
		}
	}
}

// turned gives rotated copies of vectors.
func (r rotation) turned(vectors [][]float64) [][]float64 {
	out := make([][]float64, len(vectors))
	for i, v := range vectors {
		out[i] = append([]float64(nil), v...)
		r.turn(out[i])
	}
	return out
}
