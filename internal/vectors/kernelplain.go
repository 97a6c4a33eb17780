package vectors

import (
	"math"

	"gonum.org/v1/gonum/blas/gonum"
)

// plainCosines makes the portable kernel: it widens a few rows, then takes dot products with
// gonum's code. Padding keeps every vector on a 16-byte boundary, where that code sums in one
// fixed order.
func plainCosines(dimension int) kernel {
	stride := padded(dimension)
	rows := make([]float32, tileRows*stride)
	var lengths [tileRows]float32
	return func(m *matrix, first, n int, qs unitQueries, out []float32) {
		size := m.dimension * m.width
		for done := 0; done < n; done += tileRows {
			tile := min(tileRows, n-done)
			block := m.block(first+done, tile)
			for r := range tile {
				row := rows[r*stride : (r+1)*stride]
				m.decode(row[:m.dimension], block[r*size:(r+1)*size])
				lengths[r] = length(dot(row, row))
			}
			for q := range qs.n {
				query := qs.values[q*stride : (q+1)*stride]
				for r := range tile {
					out[q*n+done+r] = clamp(dot(rows[r*stride:(r+1)*stride], query) / lengths[r])
				}
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
