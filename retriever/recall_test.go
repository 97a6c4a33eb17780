package retriever

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// 3 of 100 has the upper bound 0.0851761 (Clopper and Pearson, 97.5 %), 0 of 100 has
// 1 - 0.025^(1/100) = 0.0362167.
func TestRecallEstimate(t *testing.T) {
	cases := map[string]struct {
		recall Recall
		found  int64
		want   Estimated
	}{
		"three of a hundred missed": {Recall{All: 1000, Rows: 100, Missed: []int64{9, 3}}, 40, Estimated{70, 40, 125.1761}},
		"none missed":               {Recall{All: 1000, Rows: 100, Missed: []int64{9, 0}}, 40, Estimated{40, 40, 76.2167}},
		"every row compared":        {Recall{All: 1000, Rows: 1000, Missed: []int64{9, 3}}, 40, Estimated{43, 40, 43}},
		"no more than all rows":     {Recall{All: 1000, Rows: 100, Missed: []int64{9, 3}}, 960, Estimated{990, 960, 1000}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := c.recall.Estimate(1, c.found)
			require.InDelta(t, c.want.Value, got.Value, 1e-4)
			require.InDelta(t, c.want.Low, got.Low, 1e-4)
			require.InDelta(t, c.want.High, got.High, 1e-4)
		})
	}
}

// line is an index of 100 rows at angles whose cosines with the first axis are row/100.
type line struct{}

func (line) Len(context.Context) (int64, error) { return 100, nil }
func (line) Get(context.Context, []int64) ([]Row, error) {
	panic("no row is read for a recall")
}

func (line) Vectors(_ context.Context, _ Modality, ids []int64) ([][]float32, error) {
	out := make([][]float32, len(ids))
	for i, id := range ids {
		x := float32(id) / 100
		out[i] = []float32{x, float32(math.Sqrt(float64(1 - x*x)))}
	}
	return out, nil
}

// Rows 75 to 99 are at or above 0.745: 25 hits, of which the count below has those up to 89: 15.
func TestMeasureRecall(t *testing.T) {
	refs := []References{{Vectors: [][]float32{{1, 0}, nil}}}
	var counted []int64
	for id := range int64(90) {
		if id >= 75 {
			counted = append(counted, id)
		}
	}
	r, err := MeasureRecall(t.Context(), line{}, line{}, Matched{refs, 0.745, [][]int64{counted}}, Calibration{})
	require.NoError(t, err)
	require.Equal(t, &Recall{All: 100, Rows: 100, Hits: 25, Found: 15, Missed: []int64{10}}, r)
}
