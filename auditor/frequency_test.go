package auditor

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// made makes findings of members and non-members: detected of persons for each count.
func made(groups ...[3]int) []Finding {
	var out []Finding
	for _, g := range groups {
		for i := range g[1] {
			n, member := int64(g[0]), g[0] > 0
			f := Finding{ID: fmt.Sprint(g[0], "/", i), Member: &member, Count: &n, Detected: i < g[2]}
			if f.Detected {
				f.CorrectPrompts = g[0] + 1
			}
			out = append(out, f)
		}
	}
	return out
}

func TestJoinCounts(t *testing.T) {
	three := int64(3)
	joined, unmatched := JoinCounts([]Person{{ID: "a"}, {ID: "b", Count: &three}, {ID: "c", Count: &three}}, map[string]int64{"a": 7, "b": 0, "z": 1, "y": 2})
	require.Equal(t, []string{"y", "z"}, unmatched)
	require.Equal(t, int64(7), *joined[0].Count)
	require.Equal(t, int64(0), *joined[1].Count)
	require.Equal(t, int64(3), *joined[2].Count)
}

func TestBins(t *testing.T) {
	t.Run("few counts get a bin each", func(t *testing.T) {
		var labels []string
		for _, b := range binsOf([]int64{5, 1, 5, 50}) {
			labels = append(labels, b.Label)
		}
		require.Empty(t, cmp.Diff([]string{"1", "5", "50"}, labels))
	})
	t.Run("many counts share bins without empty ends", func(t *testing.T) {
		var counts []int64
		for n := int64(4); n < 30; n++ {
			counts = append(counts, n)
		}
		var labels []string
		for _, b := range binsOf(counts) {
			labels = append(labels, b.Label)
		}
		require.Empty(t, cmp.Diff([]string{"3-5", "6-10", "11-25", "26-50"}, labels))
	})
	t.Run("the published edges lack 175", func(t *testing.T) {
		bins := edgesToBins(paperEdges(), false)
		require.Len(t, bins, 12)
		require.Equal(t, "150-199", bins[6].Label)
		require.True(t, bins[6].holds(175))
		require.True(t, bins[0].holds(0))
		require.False(t, bins[0].holds(25), "left-closed")
		require.True(t, bins[11].holds(999_999))
	})
}

func TestFrequencyByHand(t *testing.T) {
	o := Options{Seed: 1, Resamples: 300, Confidence: 0.95, Modes: []Mode{Paper}}
	fr := frequency(t.Context(), o, "m", made([3]int{0, 20, 1}, [3]int{1, 10, 2}, [3]int{10, 10, 6}, [3]int{100, 10, 9}))
	require.Equal(t, 50, fr.Persons)
	require.Equal(t, []int{10, 10, 10}, []int{fr.Bins[0].Persons, fr.Bins[1].Persons, fr.Bins[2].Persons})
	require.InDelta(t, 0.6, fr.Bins[1].Rate.Value, 1e-12)
	// Exact interval of 6 of 10 from published tables: 26.2 % to 87.8 %.
	require.InDelta(t, 0.262, fr.Bins[1].Rate.Low, 5e-4)
	require.InDelta(t, 0.878, fr.Bins[1].Rate.High, 5e-4)
	require.Equal(t, 20, fr.PaperBins[0].Persons, "counts 1 and 10 are members below 25")
	// Rates rise with the count, so the isotonic fit is the rates themselves.
	require.Empty(t, cmp.Diff([]Knot{{0, 0.05}, {1, 0.2}, {10, 0.6}, {100, 0.9}}, fr.Isotonic, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })))
	half := fr.Logistic.Count50
	require.True(t, half.Value > 1 && half.Value < 10, "half is reached between the rates .2 and .6, got %v", half.Value)
	require.True(t, half.Low < half.Value && half.Value < half.High)
	require.Positive(t, fr.Spearman.Value)
	require.Less(t, float64(fr.SpearmanP), 0.01)
}

func TestFrequencySaysWhyThereIsNoFit(t *testing.T) {
	o := Options{Seed: 1, Resamples: 100, Confidence: 0.95}
	fr := frequency(t.Context(), o, "m", made([3]int{0, 5, 0}, [3]int{10, 5, 5}))
	require.Nil(t, fr.Logistic)
	require.Contains(t, fr.NoLogistic, "separates the outcomes")
	require.Nil(t, frequency(t.Context(), o, "m", made([3]int{0, 5, 1})), "no member with a count: nothing to show")

	flat := frequency(t.Context(), o, "m", made([3]int{0, 10, 6}, [3]int{10, 10, 5}))
	require.False(t, flat.Logistic.Count50.Defined())
	require.Equal(t, []string{"detection does not rise with the count"}, flat.Logistic.Count50.Warnings)
}
