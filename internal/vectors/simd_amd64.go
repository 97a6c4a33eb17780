//go:build cgo

package vectors

/*
#cgo CFLAGS: -O3
#cgo noescape rollcall_cosines_avx2
#cgo nocallback rollcall_cosines_avx2
#cgo noescape rollcall_cosines_avx512
#cgo nocallback rollcall_cosines_avx512
#cgo noescape rollcall_nibbles_avx2
#cgo nocallback rollcall_nibbles_avx2
#cgo noescape rollcall_nibbles_vnni
#cgo nocallback rollcall_nibbles_vnni
#cgo noescape rollcall_bits_avx2
#cgo nocallback rollcall_bits_avx2
#cgo noescape rollcall_bits_vnni
#cgo nocallback rollcall_bits_vnni
#cgo noescape rollcall_bytes_avx2
#cgo nocallback rollcall_bytes_avx2
#cgo noescape rollcall_bytes_vnni
#cgo nocallback rollcall_bytes_vnni
#include "simd.h"
*/
import "C"

import "unsafe"

// simdMethods gives the vector methods that this processor has, the fastest first.
func simdMethods() []method {
	have := C.rollcall_features()
	narrow := method{name: "AVX2", cosines: cosinesAVX2, halves: halvesAVX2, bits: bitsAVX2, bytes: bytesAVX2}
	var out []method
	if have&C.HAS_AVX512 != 0 {
		wide := narrow
		wide.name, wide.cosines = "AVX-512", cosinesAVX512
		if have&C.HAS_VNNI != 0 {
			wide.halves, wide.bits, wide.bytes = halvesVNNI, bitsVNNI, bytesVNNI
		}
		out = append(out, wide)
	}
	if have&C.HAS_AVX2 != 0 {
		out = append(out, narrow)
	}
	return out
}

// cosinesAVX512 makes a kernel of 16 floats a register.
func cosinesAVX512(dimension int) kernel {
	scratch := make([]float32, tileRows*padded(dimension))
	return func(m *matrix, first, n int, qs unitQueries, out []float32) {
		C.rollcall_cosines_avx512(first8(m.block(first, n)), C.int(m.width), C.long(m.dimension), C.long(n),
			floats(qs.values), C.long(qs.stride), C.long(qs.n), floats(scratch), floats(out[:qs.n*n]))
	}
}

// cosinesAVX2 makes a kernel of 8 floats a register.
func cosinesAVX2(dimension int) kernel {
	scratch := make([]float32, tileRows*padded(dimension))
	return func(m *matrix, first, n int, qs unitQueries, out []float32) {
		C.rollcall_cosines_avx2(first8(m.block(first, n)), C.int(m.width), C.long(m.dimension), C.long(n),
			floats(qs.values), C.long(qs.stride), C.long(qs.n), floats(scratch), floats(out[:qs.n*n]))
	}
}

// The bounders and refiners: VNNI multiplies 64 codes an instruction, AVX2 16 or 32.

func halvesVNNI(rows codeBlocks, to goal, masks []uint64, products []int32) {
	C.rollcall_nibbles_vnni(first8(rows.bytes), C.long(rows.n), C.long(rows.stride), to.inC(), to.masksInC(rows, masks), to.productsInC(rows, products))
}

func halvesAVX2(rows codeBlocks, to goal, masks []uint64, products []int32) {
	C.rollcall_nibbles_avx2(first8(rows.bytes), C.long(rows.n), C.long(rows.stride), to.inC(), to.masksInC(rows, masks), to.productsInC(rows, products))
}

func bitsVNNI(rows codeBlocks, to goal, masks []uint64, products []int32) {
	C.rollcall_bits_vnni(first8(rows.bytes), C.long(rows.n), C.long(rows.stride), to.inC(), to.masksInC(rows, masks), to.productsInC(rows, products))
}

func bitsAVX2(rows codeBlocks, to goal, masks []uint64, products []int32) {
	C.rollcall_bits_avx2(first8(rows.bytes), C.long(rows.n), C.long(rows.stride), to.inC(), to.masksInC(rows, masks), to.productsInC(rows, products))
}

func bytesVNNI(in *home, to goal, rows, products []int32) int {
	return int(C.rollcall_bytes_vnni(in.inC(), to.inC(), ints(rows), ints(products), C.long(len(rows))))
}

func bytesAVX2(in *home, to goal, rows, products []int32) int {
	return int(C.rollcall_bytes_avx2(in.inC(), to.inC(), ints(rows), ints(products), C.long(len(rows))))
}

// inC gives a file as the refiners take it.
func (in *home) inC() C.struct_rollcall_file {
	high, low := in.codes.tables[0], in.codes.tables[1]
	return C.struct_rollcall_file{
		high: first8(high.blocks), low: first8(low.blocks), stride: C.long(low.stride),
		vectors: first8(in.m.values), size: C.long(in.m.dimension * in.m.width),
	}
}

// inC gives queries as the kernels take them; the slices stay theirs.
func (to goal) inC() C.struct_rollcall_queries {
	return C.struct_rollcall_queries{
		nq: C.long(to.n), plane: (*C.int8_t)(unsafe.SliceData(to.plane)), correction: ints(to.correction),
		unit: floats(to.unit), along: floats(to.along), size: floats(to.size), limit: floats(to.limits[:to.n]),
	}
}

func (to goal) masksInC(rows codeBlocks, masks []uint64) *C.uint64_t {
	return (*C.uint64_t)(unsafe.SliceData(masks[:rows.n*to.n]))
}

func (to goal) productsInC(rows codeBlocks, products []int32) *C.int32_t {
	return ints(products[:rows.n*to.n*blockRows])
}

func ints(s []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(s)) }

func first8(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }

func floats(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }
