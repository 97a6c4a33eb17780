package vectors

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

const (
	worldSize     = 512
	worldClusters = 4000
	worldSpread   = 96
)

// world makes vectors shaped like CLIP's: a direction common to all, clusters of very different
// sizes, a spread in some directions and a little in all.
type world struct {
	rng     *rand.Rand
	common  []float32
	centres [][]float32
	spread  [][]float32
	shares  []float64 // of the clusters, summed up
}

func newWorld() *world {
	w := &world{rng: rand.New(rand.NewPCG(77, 77))}
	w.common, w.centres = w.direction(), make([][]float32, worldClusters)
	total := 0.0
	for i := range w.centres {
		w.centres[i] = w.direction()
		total += math.Pow(float64(i+1), -0.7)
		w.shares = append(w.shares, total)
	}
	for range worldSpread {
		w.spread = append(w.spread, w.direction())
	}
	return w
}

// direction is a random vector of length 1.
func (w *world) direction() []float32 { return w.near(make([]float32, worldSize), 1) }

// near adds noise to a vector and makes its length 1.
func (w *world) near(v []float32, noise float64) []float32 {
	out := make([]float32, len(v))
	for j, x := range v {
		out[j] = x + float32(w.rng.NormFloat64()*noise)
	}
	length := float32(math.Sqrt(exactSquare(out)))
	for j := range out {
		out[j] /= length
	}
	return out
}

// sample makes one vector.
func (w *world) sample() []float32 {
	pick, cluster := w.rng.Float64()*w.shares[worldClusters-1], 0
	for w.shares[cluster] < pick {
		cluster++
	}
	out := make([]float32, worldSize)
	for j := range out {
		out[j] = 0.9*w.common[j] + 0.8*w.centres[cluster][j]
	}
	for _, axis := range w.spread {
		by := float32(w.rng.NormFloat64() * 0.127)
		for j := range out {
			out[j] += by * axis[j]
		}
	}
	return w.near(out, 0.018)
}

// madeFolder gives a folder of made vectors with codes and queries, half of these beside rows. It is
// made once.
func madeFolder(b *testing.B, rows string) string {
	b.Helper()
	n, err := strconv.Atoi(rows)
	require.NoError(b, err, "ROLLCALL_BENCH_ROWS is the number of rows to make")
	dir := filepath.Join("../../.cache/bench", rows)
	if _, err := os.Stat(filepath.Join(dir, "queries.npy")); err == nil {
		return dir
	}
	w := newWorld()
	var queries [][]float32
	const partition = 250_000
	for first := 0; first < n; first += partition {
		out, err := NewPartitionWriter(dir, first/partition, 1, worldSize, true, false)
		require.NoError(b, err)
		for r := first; r < min(n, first+partition); r++ {
			v := w.sample()
			if r%max(n/1000, 1) == 0 {
				queries = append(queries, w.near(v, 0.02), w.sample())
			}
			row := retriever.Row{Caption: fmt.Sprintf("caption number %d of a person at an event", r), URL: fmt.Sprintf("https://example.org/%d.jpg", r)}
			require.NoError(b, out.Append(v, nil, row))
		}
		_, err = out.Close()
		require.NoError(b, err)
	}
	require.NoError(b, Derive(b.Context(), dir, DeriveOptions{OneBit: true}))
	f, err := os.Create(filepath.Join(dir, "queries.npy"))
	require.NoError(b, err)
	require.NoError(b, WriteFloat32(f, queries))
	require.NoError(b, f.Close())
	return dir
}
