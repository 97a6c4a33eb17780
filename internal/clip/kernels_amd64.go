//go:build cgo

package clip

/*
#cgo CFLAGS: -O3
#cgo noescape rollcall_horizontal_avx2
#cgo nocallback rollcall_horizontal_avx2
#cgo noescape rollcall_vertical_avx2
#cgo nocallback rollcall_vertical_avx2
#cgo noescape rollcall_horizontal_vnni
#cgo nocallback rollcall_horizontal_vnni
#cgo noescape rollcall_vertical_vnni
#cgo nocallback rollcall_vertical_vnni
#cgo noescape rollcall_planes_avx2
#cgo nocallback rollcall_planes_avx2
#include "kernels_amd64.h"
*/
import "C"

import "unsafe"

// processorKernels gives the kernels that this processor has, the fastest first.
func processorKernels() []kernels {
	have := C.rollcall_clip_features()
	var out []kernels
	if have&C.HAS_VNNI != 0 {
		out = append(out, kernels{"VNNI", horizontalVNNI, verticalVNNI, planesAVX2})
	}
	if have&C.HAS_AVX2 != 0 {
		out = append(out, kernels{"AVX2", horizontalAVX2, verticalAVX2, planesAVX2})
	}
	return out
}

// horizontalVNNI multiplies 64 bytes an instruction; sides that its layout does not fit are left to
// AVX2, which every processor with VNNI has.
func horizontalVNNI(w *weights, dst, src []byte, rows int) {
	if w.quads == 0 {
		horizontalAVX2(w, dst, src, rows)
		return
	}
	C.rollcall_horizontal_vnni(cInts(w.start), cInts(w.digits), C.int(w.quads), C.int(len(w.first)),
		cBytes(dst), cBytes(src), C.int(rows), C.long(len(src)/rows))
}

func verticalVNNI(w *weights, dst, src []byte, n, base int) {
	if w.quads == 0 {
		verticalAVX2(w, dst, src, n, base)
		return
	}
	C.rollcall_vertical_vnni(cInts(w.start), cInts(w.digits), C.int(w.quads), C.int(len(w.first)),
		cBytes(dst), cBytes(src), C.long(n), C.int(base))
}

// horizontalAVX2 multiplies 8 numbers of 32 bits an instruction.
func horizontalAVX2(w *weights, dst, src []byte, rows int) {
	C.rollcall_horizontal_avx2(cInts(w.first), cInts(w.count), cInts(w.fixed), C.int(w.taps), C.int(len(w.first)),
		cBytes(dst), cBytes(src), C.int(rows), C.long(len(src)/rows))
}

func verticalAVX2(w *weights, dst, src []byte, n, base int) {
	C.rollcall_vertical_avx2(cInts(w.first), cInts(w.count), cInts(w.fixed), C.int(w.taps), C.int(len(w.first)),
		cBytes(dst), cBytes(src), C.long(n), C.int(base))
}

// planesAVX2 does all pixels but the last few, which do not fill a register.
func planesAVX2(dst []float32, src []byte, s *ImageSpec) (done int) {
	plane := len(dst) / 3
	done = plane &^ 7
	if done > 0 {
		C.rollcall_planes_avx2(cFloats(s.Mean[:]), cFloats(s.Std[:]), cFloats(dst), C.long(plane), cBytes(src), C.long(done))
	}
	return done
}

func cInts(s []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(s)) }

func cBytes(s []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(s)) }

func cFloats(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }
