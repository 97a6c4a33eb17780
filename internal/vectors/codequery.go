package vectors

import (
	"math"
	"slices"
)

// What is taken from twice a code to make it one around zero.
const (
	halfZero = 15 // codes of 4 bits: 2*code - 15
	bitZero  = 1  // codes of 1 bit: 2*code - 1
)

// numbers are queries in whole numbers of 8 bits: query q is about unit[q] * its numbers. Products with
// codes are exact in 32 bits, so every path computes the same ones.
type numbers struct {
	n, room    int       // queries, and the numbers of each: as many as a code has values
	plane      []int8    // room of them for each query
	correction []int32   // what is added to twice the product with codes
	unit       []float32 // value of 1 in numbers
	lost       []float64 // length of what the numbers lost of the query
}

// narrow makes numbers of queries, for products 2*code - zero.
func narrow(queries [][]float64, room int, zero int32) numbers {
	out := numbers{
		n: len(queries), room: room, plane: make([]int8, len(queries)*room),
		correction: make([]int32, len(queries)), unit: make([]float32, len(queries)), lost: make([]float64, len(queries)),
	}
	for q, query := range queries {
		out.round(q, query, zero)
	}
	return out
}

// round makes the numbers of a query.
func (c *numbers) round(q int, query []float64, zero int32) {
	largest := 0.0
	for _, x := range query {
		largest = max(largest, math.Abs(x))
	}
	c.unit[q] = float32(largest / math.MaxInt8)
	unit := float64(c.unit[q])
	lost := 0.0
	for j, x := range query {
		number := 0.0
		if unit > 0 {
			number = min(max(math.RoundToEven(x/unit), -math.MaxInt8), math.MaxInt8)
		}
		c.plane[q*c.room+j] = int8(number)
		c.correction[q] -= zero * int32(number)
		rest := x - unit*number
		lost += rest * rest
	}
	c.lost[q] = math.Sqrt(lost) * (1 + 1e-9)
}

// part gives n queries from first on.
func (c numbers) part(first, n int) numbers {
	end := first + n
	return numbers{n, c.room, c.plane[first*c.room : end*c.room], c.correction[first:end], c.unit[first:end], c.lost[first:end]}
}

// bearing says how queries lie to the axis of codes.
type bearing struct {
	along []float32 // product with the axis
	size  []float32 // length of what is at right angles to it, rounded up; never 0
}

// bearings gives the queries' bearings to the axis, and what of them is at right angles to it.
func (c *codes) bearings(queries [][]float64) (to bearing, across [][]float64) {
	to = bearing{make([]float32, len(queries)), make([]float32, len(queries))}
	var axis float64
	for _, x := range c.axis {
		axis += float64(x) * float64(x)
	}
	for q, query := range queries {
		var along, square float64
		for j, x := range query {
			along += x * float64(c.axis[j])
		}
		rest := slices.Clone(query)
		for j := range rest {
			if axis > 0 {
				rest[j] -= along / axis * float64(c.axis[j])
			}
			square += rest[j] * rest[j]
		}
		to.along[q] = float32(along)
		to.size[q] = max(roundUp(math.Sqrt(square)), 1e-6)
		across = append(across, rest)
	}
	return to, across
}

// part gives the bearings of n queries from first on.
func (b bearing) part(first, n int) bearing {
	return bearing{b.along[first : first+n], b.size[first : first+n]}
}

// doubles gives the queries in float64.
func (qs unitQueries) doubles(dimension int) [][]float64 {
	out := make([][]float64, qs.n)
	for q := range out {
		out[q] = make([]float64, dimension)
		for j, x := range qs.values[q*qs.stride:][:dimension] {
			out[q][j] = float64(x)
		}
	}
	return out
}

// roundUp gives a float32 that is no less than x, which is at least 0, with room for the rounding
// of the sums that made x.
func roundUp(x float64) float32 { return math.Nextafter32(float32(x*(1+1e-9)), float32(math.Inf(1))) }

// roundDown gives a float32 that is no more than x.
func roundDown(x float64) float32 { return math.Nextafter32(float32(x), float32(math.Inf(-1))) }
