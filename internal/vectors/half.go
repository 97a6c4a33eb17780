package vectors

import (
	"encoding/binary"
	"math"
	"sync"
)

// maxHalf is the largest finite float16.
const maxHalf = 65504

// halfToFloat widens an IEEE 754 binary16, exactly.
func halfToFloat(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	if h&0x7c00 == 0x7c00 { // infinite or not a number: the exponent stays all ones
		return math.Float32frombits(sign | 0x7f800000 | uint32(h&0x3ff)<<13)
	}
	// Shifted into float32's place the exponent is 127-15 too small, also for subnormals, so a
	// multiplication by 2^112 gives the value.
	magnitude := math.Float32frombits(uint32(h&0x7fff)<<13) * 0x1p112
	return math.Float32frombits(math.Float32bits(magnitude) | sign)
}

// halfTable has the value of every float16: a look-up is several times faster than halfToFloat.
var halfTable = sync.OnceValue(func() *[1 << 16]float32 {
	var table [1 << 16]float32
	for i := range table {
		table[i] = halfToFloat(uint16(i))
	}
	return &table
})

// decodeHalves widens little-endian float16 values; src holds exactly len(dst) of them.
func decodeHalves(dst []float32, src []byte) {
	table := halfTable()
	for len(dst) >= 4 && len(src) >= 8 {
		word := binary.LittleEndian.Uint64(src)
		four := (*[4]float32)(dst)
		four[0] = table[uint16(word)]
		four[1] = table[uint16(word>>16)]
		four[2] = table[uint16(word>>32)]
		four[3] = table[uint16(word>>48)]
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = table[binary.LittleEndian.Uint16(src[2*i:])]
	}
}

// decodeFloats reads little-endian float32 values; src holds exactly len(dst) of them.
func decodeFloats(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

// floatToHalf rounds to the nearest float16, ties to even, as numpy does; what is too large
// becomes infinite.
func floatToHalf(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7fffffff
	switch {
	case bits > 0x7f800000: // not a number: keep it one, quiet
		return sign | 0x7e00
	case bits >= 0x477ff000: // 65520, half-way to what would be the next: rounds to infinite
		return sign | 0x7c00
	case bits < 0x38800000: // below 2^-14 a float16 counts in units of 2^-24
		units := math.RoundToEven(float64(math.Float32frombits(bits)) * 0x1p24)
		return sign | uint16(units)
	}
	bits -= (127 - 15) << 23
	bits += 0xfff + bits>>13&1 // the carry may go into the exponent, which is right
	return sign | uint16(bits>>13)
}

// appendHalves appends a vector as little-endian float16.
func appendHalves(dst []byte, v []float32) []byte {
	for _, x := range v {
		dst = binary.LittleEndian.AppendUint16(dst, floatToHalf(x))
	}
	return dst
}
