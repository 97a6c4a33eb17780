package retriever

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// planeIndex is planeStore with captions.
type planeIndex struct {
	planeStore
	captions map[int64]string
}

func (s planeIndex) Len(context.Context) (int64, error) { return int64(len(s.planeStore)), nil }

func (s planeIndex) Get(_ context.Context, ids []int64) ([]Row, error) {
	out := make([]Row, len(ids))
	for i, id := range ids {
		out[i] = Row{ID: id, Caption: s.captions[id]}
	}
	return out, nil
}

func (s planeIndex) Vectors(_ context.Context, _ Modality, ids []int64) ([][]float32, error) {
	out := make([][]float32, len(ids))
	for i, id := range ids {
		out[i] = []float32{3 * s.planeStore[id][0], 3 * s.planeStore[id][1]} // stores need not normalise
	}
	return out, nil
}

// Two persons at 0 and 180 degrees, 36 rows ten degrees apart: one pair of persons (cosine -1) and
// 72 pairs with rows, less the one whose caption mentions Ann, at cosine 1. The greatest are then
// 1 (Bo and row 18), and cos 10 four times: 5 of 72 are .069, so a rate of .014 (1 of 72) lets only
// the first in and T lies just above cos 10; of .07 (5 of 72) T lies just above cos 20.
func TestCalibrate(t *testing.T) {
	roster := rosterOf("Ann Lee")
	roster.Persons = append(roster.Persons, Person{ID: "bo", Name: "Bo Li"})
	index := planeIndex{planeRows(), map[int64]string{0: "ANN LEE at a gala"}}
	refs := []References{{Vectors: [][]float32{at(0), nil}}, {Vectors: [][]float32{at(180)}}}
	for rate, degrees := range map[float64]float64{0.014: 10, 0.07: 20} {
		got, err := Calibrate(t.Context(), index, index, roster, refs, Calibration{FMR: rate})
		require.NoError(t, err)
		require.InDelta(t, math.Cos(degrees*math.Pi/180), got.Value, 1e-5)
		require.Greater(t, float64(got.Value), math.Cos(degrees*math.Pi/180)-1e-7)
		require.Equal(t, []int{72, 1, 71, 36, 1}, []int{got.Pairs, got.PersonPairs, got.RowPairs, got.Rows, got.LeftOut})
		require.LessOrEqual(t, got.Observed, rate)
	}
	_, err := Calibrate(t.Context(), index, index, roster, refs, Calibration{FMR: 1e-4})
	require.ErrorContains(t, err, "needs at least 10000 pairs that do not match, and there are 72")
	_, err = Calibrate(t.Context(), index, index, roster, make([]References, 2), Calibration{FMR: 0.1})
	require.ErrorContains(t, err, "no photo")
}

// Where the persons alone can show the rate, they decide: three persons within 10 degrees of each
// other have pairs at cos 5, cos 5 and cos 10, far above most rows.
func TestCalibratePersonsDecide(t *testing.T) {
	roster := rosterOf("Ann Lee")
	roster.Persons = append(roster.Persons, Person{ID: "bo", Name: "Bo Li"}, Person{ID: "cy", Name: "Cy Fu"})
	index := planeIndex{planeRows(), nil}
	refs := []References{{Vectors: [][]float32{at(0)}}, {Vectors: [][]float32{at(5)}}, {Vectors: [][]float32{at(10)}}}
	got, err := Calibrate(t.Context(), index, index, roster, refs, Calibration{FMR: 0.34}) // one of three pairs
	require.NoError(t, err)
	require.InDelta(t, math.Cos(5*math.Pi/180), got.Value, 1e-5)
}

// Photos at 0, 45 and 91 degrees: of the persons' three pairs, 45, 46 and 91 degrees apart, a third may
// match, so T lies just above cos 46. Rows every 10 degrees are closer 9, 10 and 9 times.
func TestCalibrateByPersonsAlone(t *testing.T) {
	roster := rosterOf("Ann Lee")
	roster.Persons = append(roster.Persons, Person{ID: "bo", Name: "Bo Li"}, Person{ID: "cy", Name: "Cy Fu"})
	index := planeIndex{planeRows(), nil}
	refs := []References{{Vectors: [][]float32{at(0)}}, {Vectors: [][]float32{at(45)}}, {Vectors: [][]float32{at(91)}}}
	c := Calibration{FMR: 0.34, PersonsAlone: true}
	got, err := Calibrate(t.Context(), index, index, roster, refs, c)
	require.NoError(t, err)
	require.InDelta(t, math.Cos(46*math.Pi/180), got.Value, 1e-5)
	require.Equal(t, []int{3, 3, 108, 36}, []int{got.Pairs, got.PersonPairs, got.RowPairs, got.Rows})
	require.InDelta(t, 1.0/3, got.Observed, 1e-9)
	require.InDelta(t, 28.0/108, *got.RowsObserved, 1e-9)

	c.FMR = 0.05 // 1 of 20: three pairs cannot show it, 111 can
	got, err = Calibrate(t.Context(), index, index, roster, refs, c)
	require.NoError(t, err)
	require.Equal(t, 111, got.Pairs)
	require.Nil(t, got.RowsObserved)
}

func TestRandomRows(t *testing.T) {
	require.Equal(t, []int64{0, 1, 2}, randomRows(3, 10, 1))
	require.Empty(t, randomRows(0, 10, 1))
	counts := make([]int, 10)
	for seed := range uint64(2000) {
		ids := randomRows(10, 3, seed)
		require.Len(t, ids, 3)
		require.IsIncreasing(t, ids)
		for _, id := range ids {
			counts[id]++
		}
	}
	for _, n := range counts { // 600 expected, standard deviation 20.5
		require.InDelta(t, 600, n, 100)
	}
}
