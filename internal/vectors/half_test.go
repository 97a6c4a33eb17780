package vectors

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHalfToFloatAll holds every finite float16 against numpy 2:
//
//	a = np.arange(65536, dtype='<u2').view('<f2').astype('<f4')
//	hashlib.sha256(a[np.isfinite(a)].tobytes()).hexdigest()
func TestHalfToFloatAll(t *testing.T) {
	var all, table []byte
	halves := make([]byte, 0, 1<<17)
	for h := range 1 << 16 {
		f := halfToFloat(uint16(h))
		if h&0x7c00 == 0x7c00 {
			require.Equal(t, h&0x3ff != 0, f != f, "%#x", h)
			require.Equal(t, h&0x3ff == 0, math.IsInf(float64(f), 1-h>>14&2), "%#x", h)
			continue
		}
		all = binary.LittleEndian.AppendUint32(all, math.Float32bits(f))
		halves = binary.LittleEndian.AppendUint16(halves, uint16(h))
	}
	const numpy = "cb34a8c3b8855f6ca5a3c91b264f3bf21176b2e1d85203a881efb0cabe2d5c80"
	sum := sha256.Sum256(all)
	require.Equal(t, numpy, hex.EncodeToString(sum[:]))

	values := make([]float32, len(halves)/2)
	decodeHalves(values, halves)
	for _, f := range values {
		table = binary.LittleEndian.AppendUint32(table, math.Float32bits(f))
	}
	require.Equal(t, all, table)
	odd := make([]float32, 7)
	decodeHalves(odd, halves[2*100:2*107])
	require.Equal(t, values[100:107], odd)
}

// TestFloatToHalf rounds a million bit patterns as numpy 2 does:
//
//	bits = (np.arange(1<<20, dtype=np.uint64) * np.uint64(2654435761) & np.uint64(0xffffffff)).astype('<u4')
//	f = bits.view('<f4')
//	hashlib.sha256(f[~np.isnan(f)].astype('<f2').tobytes()).hexdigest()
func TestFloatToHalf(t *testing.T) {
	var all []byte
	for i := range uint64(1 << 20) {
		f := math.Float32frombits(uint32(i * 2654435761))
		if f == f {
			all = binary.LittleEndian.AppendUint16(all, floatToHalf(f))
		}
	}
	const numpy = "e96558fe676da48d685ada60f2b49e32b5f13110053f9a4bdc51cffb4abbc63a"
	sum := sha256.Sum256(all)
	require.Equal(t, numpy, hex.EncodeToString(sum[:]))
	require.Equal(t, uint16(0x7e00), floatToHalf(float32(math.NaN()))&0x7fff)

	for h := range 1 << 16 { // every float16 comes back
		if f := halfToFloat(uint16(h)); f == f {
			require.Equal(t, uint16(h), floatToHalf(f), "%v", f)
		}
	}
}
