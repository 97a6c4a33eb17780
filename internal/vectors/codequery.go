package vectors

import "math"

// What is taken from twice a code to make it one around zero.
const (
	halfZero = 15  // codes of 4 bits: 2*code - 15
	bitZero  = 1   // codes of 1 bit: 2*code - 1
	codeZero = 128 // codes of 8 bits: code - 128
)

// numbers are queries in whole numbers: query q is about unit[q] * its numbers. Products with codes
// are exact in 32 bits, so every path computes the same ones.
type numbers struct {
	n, room    int       // queries, and the numbers of each: as many as a code has values
	plane      []int8    // numbers of 8 bits
	wide       []int16   // or of 16 bits
	planes     []int8    // the same, for each query room high bytes, then room low: 128*high + low
	correction []int32   // what is taken from the product with codes
	unit       []float32 // value of 1 in numbers
	lost       []float64 // length of what the numbers lost of the query
}

// newNumbers makes room for n queries.
func newNumbers(n, room int) numbers {
	return numbers{n: n, room: room, correction: make([]int32, n), unit: make([]float32, n), lost: make([]float64, n)}
}

// narrow makes numbers of 8 bits of queries, for products 2*code - zero.
func narrow(queries [][]float64, room int, zero int32) numbers {
	out := newNumbers(len(queries), room)
	out.plane = make([]int8, out.n*room)
	for q, query := range queries {
		out.round(q, query, math.MaxInt8, func(j, number int) {
			out.plane[q*room+j] = int8(number)
			out.correction[q] -= zero * int32(number)
		})
	}
	return out
}

// broad makes numbers of 15 bits of queries, for products code - codeZero.
func broad(queries [][]float64, room int) numbers {
	out := newNumbers(len(queries), room)
	out.wide, out.planes = make([]int16, out.n*room), make([]int8, 2*out.n*room)
	// 128*127 + 63 fits two signed bytes; a sum of products with codes stays below 2^31.
	most := min(128*127, math.MaxInt32/(255*room))
	for q, query := range queries {
		out.round(q, query, most, func(j, number int) {
			high := (number + 64) >> 7
			out.wide[q*room+j] = int16(number)
			out.planes[2*q*room+j], out.planes[(2*q+1)*room+j] = int8(high), int8(number-high<<7)
			out.correction[q] -= codeZero * int32(number)
		})
	}
	return out
}

// round rounds the values of a query to numbers of at most most.
func (c *numbers) round(q int, query []float64, most int, put func(j, number int)) {
	largest := 0.0
	for _, x := range query {
		largest = max(largest, math.Abs(x))
	}
	c.unit[q] = float32(largest / float64(most))
	unit := float64(c.unit[q])
	lost := 0.0
	for j, x := range query {
		number := min(max(math.RoundToEven(x/unit), -float64(most)), float64(most))
		put(j, int(number))
		rest := x - unit*number
		lost += rest * rest
	}
	c.lost[q] = math.Sqrt(lost) * (1 + 1e-9)
}

// part gives n queries from first on.
func (c numbers) part(first, n int) numbers {
	end := first + n
	out := numbers{n: n, room: c.room, correction: c.correction[first:end], unit: c.unit[first:end], lost: c.lost[first:end]}
	if c.plane != nil {
		out.plane = c.plane[first*c.room : end*c.room]
		return out
	}
	out.wide, out.planes = c.wide[first*c.room:end*c.room], c.planes[2*first*c.room:2*end*c.room]
	return out
}

// bearing says how queries lie to the axis of codes.
type bearing struct {
	along []float32 // product with the axis
	size  []float32 // length of what is at right angles to it, rounded up; never 0
}

// bearings gives the queries' bearings to the axis.
func (c *codes) bearings(queries [][]float64) bearing {
	out := bearing{make([]float32, len(queries)), make([]float32, len(queries))}
	var axis float64
	for _, x := range c.axis {
		axis += float64(x) * float64(x)
	}
	for q, query := range queries {
		var along, square float64
		for j, x := range query {
			along += x * float64(c.axis[j])
			square += x * x
		}
		if axis > 0 {
			square -= along * along / axis
		}
		out.along[q] = float32(along)
		out.size[q] = max(roundUp(math.Sqrt(max(square, 0))), 1e-6)
	}
	return out
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
