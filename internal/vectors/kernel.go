package vectors

import (
	"fmt"
	"math"
)

const (
	lane         = 16   // vectors are padded to a multiple of this, so that every sum has one order
	blockRows    = 64   // rows that a kernel takes at a time; also the rows of a block of codes
	tileRows     = 4    // rows that a kernel widens at a time: 8 KiB at 512 dimensions
	queriesAtAll = 256  // queries that one call of a kernel takes: bounds its output
	alone        = 1024 // rows at a time for a single query, to make calls rare
)

// kernel computes the cosines of n rows of m from first on with every query:
// out[q*n+r] belongs to query q and row first+r. A row without direction (all zero, or not
// finite) gives NaN, which no comparison lets through. A kernel owns its scratch memory and
// serves one goroutine. The cosine of a row and a query depends on nothing else: not on the rows
// and queries beside them, so that a row scored again gets the same bits.
type kernel func(m *matrix, first, n int, qs unitQueries, out []float32)

// method is one way to compute, chosen by what the processor has.
type method struct {
	name    string
	cosines func(dimension int) kernel
	halves  bounder // by first halves of codes
	bits    bounder // by codes of one bit
	bytes   refiner // by both halves
}

// bestMethod is the fastest way that this processor and build have.
func bestMethod() method { return methods()[0] }

// methods gives all ways that work here, the fastest first. The last one works everywhere.
func methods() []method {
	return append(simdMethods(), method{name: "portable", cosines: plainCosines, halves: plainHalves, bits: plainBits, bytes: plainBytes})
}

// unitQueries are normalised queries, one after another, padded with zeros to stride.
type unitQueries struct {
	n, stride int
	values    []float32
}

// padded rounds a dimension up to whole lanes.
func padded(dimension int) int { return (dimension + lane - 1) / lane * lane }

// rowsAtOnce is how many rows to hand to a kernel with n queries.
func rowsAtOnce(n int) int {
	if n == 1 {
		return alone
	}
	return blockRows
}

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

// part gives n queries from first on.
func (qs unitQueries) part(first, n int) unitQueries {
	return unitQueries{n: n, stride: qs.stride, values: qs.values[first*qs.stride : (first+n)*qs.stride]}
}
