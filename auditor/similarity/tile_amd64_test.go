package similarity

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/cpu"
)

// A run must not depend on which of the two kernels a processor has: the sums are made in one order.
func TestFusedKernelsGiveTheSameBits(t *testing.T) {
	if !cpu.X86.HasAVX512F || !cpu.X86.HasFMA {
		t.Skip("this processor has only one of the kernels")
	}
	r := rand.New(rand.NewPCG(7, 7))
	for _, dim := range []int{1, 3, 64, 511} {
		rows, names := flat(vectors(r, tileRows, dim)), flat(vectors(r, panel, dim))
		wide, narrow := make([]float32, tileRows*20), make([]float32, tileRows*20)
		tile512(&rows[0], &names[0], dim, &wide[0], 20)
		tileAVX2(rows, names, dim, narrow, 20)
		require.Equal(t, narrow, wide)
	}
}
