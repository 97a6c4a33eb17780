package clip

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHalf(t *testing.T) {
	// numpy.float32(x).astype(numpy.float16).view(numpy.uint16)
	tests := []struct {
		name string
		in   float32
		want uint16
	}{
		{"zero", 0, 0x0000},
		{"negative zero", float32(math.Copysign(0, -1)), 0x8000},
		{"one", 1, 0x3c00},
		{"minus two", -2, 0xc000},
		{"a third", 1. / 3, 0x3555},
		{"greatest", 65504, 0x7bff},
		{"rounds down to the greatest", 65519, 0x7bff},
		{"rounds up to infinity", 65520, 0x7c00},
		{"tie to even, down", 2049, 0x6800},
		{"tie to even, up", 2051, 0x6802},
		{"least normal", 6.103515625e-05, 0x0400},
		{"greatest subnormal", 6.097555160522461e-05, 0x03ff},
		{"rounds up to normal", 6.102e-05, 0x0400},
		{"least", 5.960464477539063e-08, 0x0001},
		{"half of the least", 2.9802322387695312e-08, 0x0000},
		{"infinity", float32(math.Inf(-1)), 0xfc00},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, toHalf(test.in)) })
	}
}

func TestEveryHalfComesBack(t *testing.T) {
	for h := range 1 << 16 {
		wide := fromHalf(uint16(h))
		if wide != wide {
			require.Equal(t, uint16(0x7e00), toHalf(wide)&0x7e00)
			continue
		}
		require.Equal(t, uint16(h), toHalf(wide))
	}
}

func TestNormalise(t *testing.T) {
	v := []float32{3, 4}
	normalise(v)
	require.Equal(t, []float32{0.6, 0.8}, v) // 3-4-5 triangle
	for name, v := range map[string][]float32{
		"zero":         {0, 0},
		"infinite":     {1, float32(math.Inf(1))},
		"not a number": {1, float32(math.NaN())},
	} {
		normalise(v)
		require.True(t, v[0] != v[0] && v[1] != v[1], "%s: %v", name, v)
	}
}
