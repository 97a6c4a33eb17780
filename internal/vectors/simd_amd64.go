//go:build cgo

package vectors

/*
#cgo CFLAGS: -O3
#cgo noescape rollcall_cosines_avx2
#cgo nocallback rollcall_cosines_avx2
#cgo noescape rollcall_cosines_avx512
#cgo nocallback rollcall_cosines_avx512
#cgo noescape rollcall_bound_avx2
#cgo nocallback rollcall_bound_avx2
#cgo noescape rollcall_bound_vnni
#cgo nocallback rollcall_bound_vnni
#include "simd.h"
*/
import "C"

import "unsafe"

// simdMethods gives the vector methods that this processor has, the fastest first.
func simdMethods() []method {
	have := C.rollcall_features()
	var out []method
	if have&C.HAS_AVX512 != 0 {
		p := method{name: "AVX-512", cosines: cosinesAVX512, bound: boundAVX2}
		if have&C.HAS_VNNI != 0 {
			p.bound = boundVNNI
		}
		out = append(out, p)
	}
	if have&C.HAS_AVX2 != 0 {
		out = append(out, method{name: "AVX2", cosines: cosinesAVX2, bound: boundAVX2})
	}
	return out
}

// cosinesAVX512 makes a kernel of 16 floats a register.
func cosinesAVX512(dimension int) kernel {
	scratch := make([]float32, tileRows*padded(dimension))
	return func(m *matrix, first, n int, qs unitQueries, out []float32) {
		C.rollcall_cosines_avx512((*C.uint8_t)(unsafe.SliceData(m.block(first, n))), C.int(m.width), C.long(m.dimension), C.long(n),
			floats(qs.values), C.long(qs.stride), C.long(qs.n), floats(scratch), floats(out[:qs.n*n]))
	}
}

// cosinesAVX2 makes a kernel of 8 floats a register.
func cosinesAVX2(dimension int) kernel {
	scratch := make([]float32, tileRows*padded(dimension))
	return func(m *matrix, first, n int, qs unitQueries, out []float32) {
		C.rollcall_cosines_avx2((*C.uint8_t)(unsafe.SliceData(m.block(first, n))), C.int(m.width), C.long(m.dimension), C.long(n),
			floats(qs.values), C.long(qs.stride), C.long(qs.n), floats(scratch), floats(out[:qs.n*n]))
	}
}

// boundVNNI multiplies 64 codes an instruction.
func boundVNNI(blocks []byte, n, stride int, qs codeQueries, limits []float32, masks []uint64) {
	C.rollcall_bound_vnni((*C.uint8_t)(unsafe.SliceData(blocks)), C.long(n), C.long(stride), (*C.int8_t)(unsafe.SliceData(qs.planes)),
		(*C.int32_t)(unsafe.SliceData(qs.correction)), floats(qs.unit), floats(qs.size), floats(limits), C.long(qs.n), (*C.uint64_t)(unsafe.SliceData(masks[:n*qs.n])))
}

// boundAVX2 multiplies 16 codes an instruction.
func boundAVX2(blocks []byte, n, stride int, qs codeQueries, limits []float32, masks []uint64) {
	C.rollcall_bound_avx2((*C.uint8_t)(unsafe.SliceData(blocks)), C.long(n), C.long(stride), (*C.int16_t)(unsafe.SliceData(qs.numbers)),
		(*C.int32_t)(unsafe.SliceData(qs.correction)), floats(qs.unit), floats(qs.size), floats(limits), C.long(qs.n), (*C.uint64_t)(unsafe.SliceData(masks[:n*qs.n])))
}

func floats(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }
