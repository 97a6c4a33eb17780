package similarity

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func vectors(r *rand.Rand, n, dim int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, dim)
		for k := range out[i] {
			out[i][k] = float32(r.NormFloat64())
		}
	}
	return out
}

func flat(rows [][]float32) []float32 {
	var out []float32
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}

// The expected products are sums in float64.
func TestMultiplyAgreesWithFloat64(t *testing.T) {
	for _, c := range []struct{ photos, names, dim int }{{1, 1, 1}, {3, 15, 7}, {4, 16, 128}, {5, 17, 512}, {30, 1000, 64}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(c.dim)))
			photos, names := vectors(r, c.photos, c.dim), vectors(r, c.names, c.dim)
			packed, err := Pack(names)
			require.NoError(t, err)
			out := make([]float32, c.photos*packed.Stride())
			packed.Multiply(flat(photos), out)
			for i, p := range photos {
				for j, n := range names {
					want := 0.0
					for k := range p {
						want += float64(p[k]) * float64(n[k])
					}
					require.InDelta(t, want, out[i*packed.Stride()+j], 2e-4)
				}
				for _, v := range out[i*packed.Stride()+len(names) : (i+1)*packed.Stride()] {
					require.Zero(t, v)
				}
			}
		})
	}
}

func TestEqualVectorsTieWhereverTheyStand(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	name, photo := vectors(r, 1, 96)[0], vectors(r, 1, 96)[0]
	names := make([][]float32, 37)
	for i := range names {
		names[i] = name
	}
	packed, err := Pack(names)
	require.NoError(t, err)
	out := make([]float32, 7*packed.Stride())
	packed.Multiply(flat([][]float32{photo, photo, photo, photo, photo, photo, photo}), out)
	for row := range 7 {
		for i := range names {
			require.Equal(t, out[0], out[row*packed.Stride()+i])
		}
	}
}

func TestKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	rows, names := flat(vectors(r, tileRows, 64)), flat(vectors(r, panel, 64))
	fast, plain := make([]float32, tileRows*panel), make([]float32, tileRows*panel)
	tile(rows, names, 64, fast, panel)
	tilePortable(rows, names, 64, plain, panel)
	require.InDeltaSlice(t, plain, fast, 1e-4)
}

func TestPackRefuses(t *testing.T) {
	_, err := Pack(nil)
	require.Error(t, err)
	_, err = Pack([][]float32{{1, 2}, {1}})
	require.ErrorContains(t, err, "name 2 has 1 dimensions")
}

// One photo's worth of the published study: 1,000 names, 512 dimensions, 64 photos a block.
func BenchmarkMultiply(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	packed, err := Pack(vectors(r, 1000, 512))
	require.NoError(b, err)
	photos := flat(vectors(r, 64, 512))
	out := make([]float32, 64*packed.Stride())
	for b.Loop() {
		packed.Multiply(photos, out)
	}
	b.ReportMetric(2*64*1000*512*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
