package stats

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

func TestEstimateSurvivesJSON(t *testing.T) {
	for name, e := range map[string]Estimate{
		"plain":     {Value: 0.5, Low: 0.1, High: 0.9, Confidence: 0.95, N: 8, Method: "m"},
		"undefined": Undefined(0, 0.95, "m", "why"),
		"unbounded": {Value: 3, Low: math.Inf(-1), High: math.Inf(1), Confidence: 0.9, N: 2},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(e)
			require.NoError(t, err)
			var back Estimate
			require.NoError(t, json.Unmarshal(data, &back))
			require.Empty(t, cmp.Diff(e, back, cmpopts.EquateNaNs()))
		})
	}
}

func TestEstimateRefusesOtherFigures(t *testing.T) {
	var e Estimate
	require.ErrorContains(t, json.Unmarshal([]byte(`{"value":"a lot"}`), &e), "want a number")
}

func TestSDByHand(t *testing.T) {
	// 2, 4, 9: mean 5, squares 9 + 1 + 16 = 26.
	require.InDelta(t, math.Sqrt(13), SD([]float64{2, 4, 9}, 1), 1e-12)
	require.InDelta(t, math.Sqrt(26.0/3), SD([]float64{2, 4, 9}, 0), 1e-12)
	require.True(t, math.IsNaN(SD([]float64{2}, 1)))
}
