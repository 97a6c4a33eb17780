package vectors

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/gonum"
)

const (
	lane         = 16    // vectors are padded to a multiple of this, so that every sum has one order
	blockFloats  = 16384 // widened rows of one block: 64 KiB, within a core's own cache
	queriesAtAll = 256   // queries that one call of a kernel takes: bounds its output
)

// kernel computes the cosines of n rows of m from first on with every query:
// out[q*n+r] belongs to query q and row first+r. A row without direction (all zero, or not
// finite) gives NaN, which no comparison lets through. A kernel owns its scratch memory and
// serves one goroutine. The cosine of a row and a query depends on nothing else.
type kernel func(m *matrix, first, n int, qs unitQueries, out []float32)

// unitQueries are normalised queries, one after another, padded with zeros to stride.
type unitQueries struct {
	n, stride int
	values    []float32
}

// padded rounds a dimension up to whole lanes.
func padded(dimension int) int { return (dimension + lane - 1) / lane * lane }

// blockRows is how many rows a kernel takes at a time.
func blockRows(dimension int) int { return max(1, blockFloats/padded(dimension)) }

// normalise checks queries and brings each to length 1, computed in float64.
func normalise(queries [][]float32, dimension int) (unitQueries, error) {
	qs := unitQueries{n: len(queries), stride: padded(dimension)}
	qs.values = make([]float32, qs.n*qs.stride)
	for i, query := range queries {
		if len(query) != dimension {
			return qs, fmt.Errorf("query %d has %d dimensions, the index has %d: use the model that made the index", i, len(query), dimension)
		}
		var square float64
		for _, x := range query {
			square += float64(x) * float64(x)
		}
		if square == 0 || math.IsNaN(square) || math.IsInf(square, 0) {
			return qs, fmt.Errorf("query %d has no direction: its length is %v", i, math.Sqrt(square))
		}
		length := math.Sqrt(square)
		for j, x := range query {
			qs.values[i*qs.stride+j] = float32(float64(x) / length)
		}
	}
	return qs, nil
}

// group gives the queries from first on, at most queriesAtAll.
func (qs unitQueries) group(first int) unitQueries {
	n := min(queriesAtAll, qs.n-first)
	return unitQueries{n: n, stride: qs.stride, values: qs.values[first*qs.stride : (first+n)*qs.stride]}
}

// newKernel makes the portable kernel: it widens a block of rows, then takes dot products with
// gonum's SSE code. Padding keeps every vector on a 16-byte boundary, where that code sums in one
// fixed order.
func newKernel(dimension int) kernel {
	stride := padded(dimension)
	rows := make([]float32, blockRows(dimension)*stride)
	lengths := make([]float32, blockRows(dimension))
	return func(m *matrix, first, n int, qs unitQueries, out []float32) {
		size := m.dimension * m.width
		block := m.block(first, n)
		for r := range n {
			row := rows[r*stride : (r+1)*stride]
			m.decode(row[:m.dimension], block[r*size:(r+1)*size])
			lengths[r] = length(dot(row, row))
		}
		for q := range qs.n {
			query := qs.values[q*stride : (q+1)*stride]
			for r := range n {
				out[q*n+r] = clamp(dot(rows[r*stride:(r+1)*stride], query) / lengths[r])
			}
		}
	}
}

// length is the root of a squared length, NaN when the row has no direction or float32 has no
// room for the square.
func length(square float32) float32 {
	if square == 0 || math.IsInf(float64(square), 0) {
		return float32(math.NaN())
	}
	return float32(math.Sqrt(float64(square)))
}

// dot multiplies two padded vectors in float32.
func dot(a, b []float32) float32 {
	return gonum.Implementation{}.Sdot(len(a), a, 1, b, 1)
}

// clamp takes away what rounding adds beyond -1 and 1. NaN, of a row of length 0, stays.
func clamp(cosine float32) float32 {
	switch {
	case cosine > 1:
		return 1
	case cosine < -1:
		return -1
	}
	return cosine
}
