package vectors

import "math"

const (
	maxNumber = 16256 // of a quantised query: 128*127, so that two signed bytes hold it
	codeZero  = 128   // what is added to a code to make it an unsigned byte
)

// codeQueries are queries in whole numbers: query q is about unit[q] * numbers. Products with
// codes are exact in 32 bits, so every path computes the same ones.
type codeQueries struct {
	n, stride  int
	numbers    []int16   // n rows of stride
	planes     []int8    // the same, for each query stride high bytes, then stride low: 128*high + low
	correction []int32   // what the codes' codeZero adds to a product, negated
	unit       []float32 // value of 1 in numbers
	size       []float32 // length of the query, rounded up: 1 within rounding
	lost       []float64 // length of what the numbers lost of the query
}

// quantise makes whole numbers of queries, for codes of stride bytes.
func quantise(qs unitQueries, dimension, stride int) codeQueries {
	out := codeQueries{
		n: qs.n, stride: stride, numbers: make([]int16, qs.n*stride), planes: make([]int8, 2*qs.n*stride),
		correction: make([]int32, qs.n), unit: make([]float32, qs.n), size: make([]float32, qs.n), lost: make([]float64, qs.n),
	}
	most := min(maxNumber, math.MaxInt32/(255*dimension)) // a sum of products with codes stays below 2^31
	for q := range qs.n {
		query := qs.values[q*qs.stride:][:dimension]
		var largest float32
		for _, x := range query {
			largest = max(largest, x, -x)
		}
		unit := largest / float32(most)
		var square, lost float64
		for j, x := range query {
			p := min(max(math.RoundToEven(float64(x)/float64(unit)), -float64(most)), float64(most))
			number := int16(p)
			high := (number + 64) >> 7
			out.numbers[q*stride+j] = number
			out.planes[2*q*stride+j], out.planes[(2*q+1)*stride+j] = int8(high), int8(number-high<<7)
			out.correction[q] -= codeZero * int32(number)
			square += float64(x) * float64(x)
			rest := float64(x) - float64(unit)*p
			lost += rest * rest
		}
		out.unit[q], out.size[q], out.lost[q] = unit, roundUp(math.Sqrt(square)), math.Sqrt(lost)
	}
	return out
}

// group gives n queries from first on.
func (c codeQueries) group(first, n int) codeQueries {
	end := first + n
	return codeQueries{
		n: n, stride: c.stride, numbers: c.numbers[first*c.stride : end*c.stride], planes: c.planes[2*first*c.stride : 2*end*c.stride],
		correction: c.correction[first:end], unit: c.unit[first:end], size: c.size[first:end], lost: c.lost[first:end],
	}
}

// roundUp gives a float32 that is no less than x, which is at least 0, with room for the rounding
// of the sums that made x.
func roundUp(x float64) float32 { return math.Nextafter32(float32(x*(1+1e-9)), float32(math.Inf(1))) }

// roundDown gives a float32 that is no more than x.
func roundDown(x float64) float32 { return math.Nextafter32(float32(x), float32(math.Inf(-1))) }
