package stats

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Expected values are scipy.stats.binomtest's (1.17.1) for b of b+c at 1/2.
func TestMcNemarAgreesWithScipy(t *testing.T) {
	for _, c := range []struct {
		b, c int
		p    float64
	}{{0, 0, 1}, {3, 1, 0.625}, {10, 2, 0.03857421875}, {0, 8, 0.0078125}, {100, 120, 0.2000922290282712}, {232, 0, 2.897817305224548e-70}} {
		require.InEpsilon(t, c.p, McNemarP(c.b, c.c), 1e-9)
	}
}
