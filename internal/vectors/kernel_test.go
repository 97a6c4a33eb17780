package vectors

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// oddMatrix makes vectors whose bytes start at an odd address: random ones, and among them zeros,
// subnormal and large values, NaN and infinity.
func oddMatrix(rng *rand.Rand, rows, dimension, width int) *matrix {
	m := &matrix{path: "test", rows: rows, dimension: dimension, width: width}
	values := make([]byte, 1, 1+rows*dimension*width)
	for r := range rows {
		scale := []float64{1, 0x1p-24, 0, 1000, 1, 1, 1, 1}[r%8]
		for j := range dimension {
			x := float32(rng.NormFloat64() * scale)
			if r%8 == 6 && j == dimension/2 {
				x = float32(math.NaN())
			}
			if r%8 == 7 && j == dimension-1 {
				x = float32(math.Inf(-1))
			}
			if width == 2 {
				values = binary.LittleEndian.AppendUint16(values, floatToHalf(x))
			} else {
				values = binary.LittleEndian.AppendUint32(values, math.Float32bits(x))
			}
		}
	}
	m.values = values[1:]
	return m
}

// exactCosine computes in float64; NaN without a direction.
func exactCosine(row, query []float32) float64 {
	var dot, a, b float64
	for j, x := range row {
		dot += float64(x) * float64(query[j])
		a += float64(x) * float64(x)
		b += float64(query[j]) * float64(query[j])
	}
	if math.IsInf(a, 0) {
		return math.NaN()
	}
	return dot / math.Sqrt(a) / math.Sqrt(b)
}

func randomQueries(rng *rand.Rand, n, dimension int) [][]float32 {
	out := make([][]float32, n)
	for q := range out {
		out[q] = make([]float32, dimension)
		for j := range out[q] {
			out[q][j] = float32(rng.NormFloat64())
		}
	}
	return out
}

// TestKernels holds every method against float64, and against itself with other rows and queries
// beside a pair: not a bit may differ.
func TestKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, by := range methods() {
		for _, dimension := range []int{1, 7, 8, 15, 16, 17, 37, 512, 513, 1025} {
			for _, width := range []int{2, 4} {
				t.Run(fmt.Sprintf("%s/%d/%d", by.name, dimension, width), func(t *testing.T) {
					const rows = 43
					m := oddMatrix(rng, rows, dimension, width)
					queries := randomQueries(rng, 9, dimension)
					qs, err := normalise(queries, dimension)
					require.NoError(t, err)
					kernel := by.cosines(dimension)
					out := make([]float32, rows*9)
					kernel(m, 0, rows, qs, out)
					one := make([]float32, 1)
					for q, query := range queries {
						for r := range rows {
							got := out[q*rows+r]
							want := exactCosine(m.vector(r), query)
							if math.IsNaN(want) != (got != got) || math.Abs(want-float64(got)) > 1e-6 {
								t.Errorf("row %d: %v, in float64 %v", r, got, want)
							}
							kernel(m, r, 1, qs.part(q, 1), one)
							if math.Float32bits(got) != math.Float32bits(one[0]) && got == got {
								t.Errorf("row %d: %v, alone %v", r, got, one[0])
							}
						}
					}
				})
			}
		}
	}
}
