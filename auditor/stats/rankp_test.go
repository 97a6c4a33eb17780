package stats

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRankPAgreesWithReference(t *testing.T) {
	for _, c := range readGolden(t).RankP {
		require.InDelta(t, c.P, RankP(c.True, c.Decoys), 1e-12)
	}
}

func TestRanks(t *testing.T) {
	// 10 holds rank 1; the two 20s share ranks 2 and 3.
	require.Equal(t, []float64{2.5, 1, 2.5, 4}, Ranks([]float64{20, 10, 20, 30}))
}
