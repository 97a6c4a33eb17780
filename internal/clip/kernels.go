package clip

import "encoding/binary"

// half is one half in fixed point: adding it rounds to nearest.
const half = 1 << (weightBits - 1)

// clip8 takes a fixed-point sum to a byte.
func clip8(sum int32) byte {
	return byte(min(max(sum>>weightBits, 0), 255))
}

// kernels are the three loops in which preprocessing spends its time, for one
// kind of processor. All kinds give the same bytes.
type kernels struct {
	name string
	// horizontal resizes rows of pixels of four bytes. src and dst are whole
	// rows without padding.
	horizontal func(w *weights, dst, src []byte, rows int)
	// vertical resizes columns: dst and src are rows of n bytes, and the first
	// row of src is source row base.
	vertical func(w *weights, dst, src []byte, n, base int)
	// planes normalises pixels of four bytes to three planes, as far as it says.
	planes func(dst []float32, src []byte, s *ImageSpec) (done int)
}

// plainKernels work on any processor.
func plainKernels() kernels {
	return kernels{"Go", plainHorizontal, plainVertical, func([]float32, []byte, *ImageSpec) int { return 0 }}
}

// bestKernels chooses for this processor.
func bestKernels() kernels {
	return append(processorKernels(), plainKernels())[0]
}

func plainHorizontal(w *weights, dst, src []byte, rows int) { w.eachRow(dst, src, rows, w.row4) }

// eachRow resizes rows one by one.
func (w *weights) eachRow(dst, src []byte, rows int, row func(dst, src []byte)) {
	in, out := len(src)/rows, len(dst)/rows
	for y := range rows {
		row(dst[y*out:(y+1)*out], src[y*in:(y+1)*in])
	}
}

func (w *weights) row1(dst, src []byte) {
	for i := range dst {
		k := w.fixedAt(i)
		px := src[w.first[i]:][:len(k)]
		sum := int32(half)
		for x, weight := range k {
			sum += weight * int32(px[x])
		}
		dst[i] = clip8(sum)
	}
}

func (w *weights) row4(dst, src []byte) {
	for i := range w.first {
		px := src[4*w.first[i]:]
		s0, s1, s2, s3 := int32(half), int32(half), int32(half), int32(half)
		for _, weight := range w.fixedAt(i) {
			v := binary.LittleEndian.Uint32(px)
			px = px[4:]
			s0 += weight * int32(v&255)
			s1 += weight * int32(v>>8&255)
			s2 += weight * int32(v>>16&255)
			s3 += weight * int32(v>>24)
		}
		out := uint32(clip8(s0)) | uint32(clip8(s1))<<8 | uint32(clip8(s2))<<16 | uint32(clip8(s3))<<24
		binary.LittleEndian.PutUint32(dst[4*i:], out)
	}
}

func plainVertical(w *weights, dst, src []byte, n, base int) {
	for y := range w.first {
		w.column(dst[y*n:(y+1)*n], src[(int(w.first[y])-base)*n:], w.fixedAt(y))
	}
}

// column sums len(k) rows of src, weighted with k, into one row.
func (w *weights) column(dst, src []byte, k []int32) {
	const block = 256 // sums that stay in the nearest cache
	for at := 0; at < len(dst); at += block {
		var sums [block]int32
		part := dst[at:min(at+block, len(dst))]
		for t, weight := range k {
			for x, v := range src[t*len(dst)+at:][:len(part)] {
				sums[x] += weight * int32(v)
			}
		}
		for x := range part {
			part[x] = clip8(sums[x] + half)
		}
	}
}
