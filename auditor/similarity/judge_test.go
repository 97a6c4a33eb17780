package similarity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/cpu"
)

// world is photos and names with a common direction, as embeddings have, and names that lie so near to
// each other that 16 bits cannot tell them apart, some of them equal.
type world struct {
	photos, names [][]float32
	own           []int
	decoys        []int
}

func newWorld(photos, names, dim int, near float32) world {
	r := rand.New(rand.NewPCG(uint64(photos), uint64(names*dim)))
	w := world{photos: vectors(r, photos, dim), names: vectors(r, names, dim)}
	for n := range names {
		for k := range dim {
			w.names[n][k] = 3*w.names[0][k] + near*w.names[n][k]
		}
		if n%5 == 4 {
			w.names[n] = w.names[n-3]
		}
		if n%3 > 0 {
			w.decoys = append(w.decoys, n)
		}
	}
	for x := range photos {
		w.own = append(w.own, x*7%names)
	}
	for _, v := range append(append([][]float32{}, w.photos...), w.names...) {
		unit := 1 / float32(length(v))
		if length(v) > 1.001 {
			for k := range v {
				v[k] *= unit
			}
		}
	}
	return w
}

// Every verdict must be the one that all similarities give, to the last bit: screening only decides
// which of them are computed.
func TestVerdictsAreThoseOfAllSimilarities(t *testing.T) {
	if !canScreen() {
		t.Skip("this processor has no AVX-512 VNNI: there is no screening to test")
	}
	for _, c := range []struct {
		photos, names, dim int
		near               float32
	}{{1, 1, 1, 1}, {3, 2, 2, 1}, {9, 40, 7, 1}, {70, 1000, 64, 1}, {65, 333, 129, 1e-3}, {20, 100, 512, 1e-6}, {130, 1000, 512, 1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			w := newWorld(c.photos, c.names, c.dim, c.near)
			names, err := Pack(w.names)
			require.NoError(t, err)
			photos, decoys := NewPhotos(flat(w.photos), c.dim), NewSet(c.names, w.decoys)
			judge := NewJudge(names, photos, decoys)
			require.NotNil(t, judge.screen)
			got := make([]Verdict, c.photos)
			judge.Verdicts(0, w.own, got)
			plain := make([]float32, c.photos*names.Stride())
			names.Multiply(flat(w.photos), plain)
			for x, v := range got {
				want := Look(plain[x*names.Stride():][:c.names], w.own[x], decoys)
				requireSame(t, want, v)
			}
			winners := make([]Verdict, c.photos)
			judge.Verdicts(0, nil, winners)
			for x := range winners {
				require.Equal(t, got[x].Winner, winners[x].Winner)
			}
		})
	}
}

func requireSame(t *testing.T, want, got Verdict) {
	t.Helper()
	if math.IsNaN(float64(want.BestDecoy)) {
		require.True(t, math.IsNaN(float64(got.BestDecoy)))
		want.BestDecoy, got.BestDecoy = 0, 0
	}
	require.Equal(t, want, got)
}

func TestVerdictsBeginAtAnyPhoto(t *testing.T) {
	w := newWorld(40, 50, 32, 1)
	names, err := Pack(w.names)
	require.NoError(t, err)
	judge := NewJudge(names, NewPhotos(flat(w.photos), 32), NewSet(50, w.decoys))
	all, some := make([]Verdict, 40), make([]Verdict, 5)
	judge.Verdicts(0, w.own, all)
	judge.Verdicts(33, w.own[33:38], some)
	require.Equal(t, all[33:38], some)
}

// The figures are counted by hand: similarities .1, .4, .4, .2 and decoys 0, 2, 3.
func TestLook(t *testing.T) {
	row := []float32{.1, .4, .4, .2}
	decoys := NewSet(4, []int{0, 2, 3})
	require.Equal(t, Verdict{Winner: 1, Own: .4, BestDecoy: .4, Rank: 2}, Look(row, 1, decoys), "a decoy that ties counts against the name")
	require.Equal(t, Verdict{Winner: 1}, Look(row, -1, decoys))
	alone := Look(row, 3, NewSet(4, nil))
	require.True(t, math.IsNaN(float64(alone.BestDecoy)))
	require.Equal(t, 1, alone.Rank)
}

// Doubt must bound what rounding does to a product, here on vectors whose elements all round by
// nearly half a whole number the same way, and on random ones.
func TestDoubtHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for _, dim := range []int{1, 2, 63, 512, 1024} {
		one := vectors(r, 2, dim)
		adverse := make([]float32, dim)
		for k := range adverse {
			adverse[k] = (float32(k%7) + .499) / numberRange
		}
		adverse[0] = 1
		for _, c := range [][2][]float32{{one[0], one[1]}, {adverse, adverse}, {one[0], one[0]}} {
			photos, names := roundPhotos(c[0], dim), roundNames([][]float32{c[1]}, dim)
			score, product := 0.0, 0.0
			for k := range dim {
				score += float64(photos.values[k]) * float64(names.values[k/2*2*numberPanel+k%2])
				product += float64(c[0][k]) * float64(c[1][k])
			}
			require.LessOrEqual(t, math.Abs(score-product*photos.scale*names.scale), doubt(photos, names, dim))
			require.Less(t, math.Abs(score), float64(math.MaxInt32))
			if dim == 512 {
				require.Less(t, doubt(photos, names, dim), 1e-3*photos.longest*names.longest, "and be narrow: a thousandth of a cosine")
			}
		}
	}
}

func TestProductsAreThoseOfTiles(t *testing.T) {
	if !canScreen() || !cpu.X86.HasFMA {
		t.Skip("this processor has no AVX-512 VNNI: there is no screening to test")
	}
	w := newWorld(8, 16, 77, 1)
	tiled := make([]float32, tileRows*panel)
	names, err := Pack(w.names)
	require.NoError(t, err)
	tile(flat(w.photos), names.panels, 77, tiled, panel)
	s := newScreen(names, NewPhotos(flat(w.photos), 77), NewSet(16, nil))
	for i := range 16 {
		s.open.add(i%8, (i*5)%16)
	}
	s.multiply(0)
	for i, product := range s.open.products {
		require.Equal(t, tiled[i%8*panel+(i*5)%16], product)
	}
}

// The published study's names, and 4,096 photos, on one core.
func BenchmarkVerdicts(b *testing.B) {
	w := newWorld(4096, 1000, 512, 1)
	names, err := Pack(w.names)
	require.NoError(b, err)
	judge := NewJudge(names, NewPhotos(flat(w.photos), 512), NewSet(1000, w.decoys))
	out := make([]Verdict, 4096)
	for _, c := range []struct {
		name string
		own  []int
	}{{"winners", nil}, {"all", w.own}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				judge.Verdicts(0, c.own, out)
			}
			b.ReportMetric(2*4096*1000*512*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			_, err := Pack(w.names)
			require.NoError(b, err)
		}
	})
}
