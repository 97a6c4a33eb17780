package clip

import "encoding/binary"

// half is one half in fixed point: adding it rounds to nearest.
const half = 1 << (weightBits - 1)

// clip8 takes a fixed-point sum to a byte.
func clip8(sum int32) byte {
	return byte(min(max(sum>>weightBits, 0), 255))
}

// horizontal resizes rows of pixels of n bytes, 1 or 4. src and dst are whole
// rows without padding.
func (w *weights) horizontal(dst, src []byte, rows, n int) {
	if n == 4 && haveFastKernels() {
		w.fastHorizontal(dst, src, rows)
		return
	}
	w.plainHorizontal(dst, src, rows, n)
}

func (w *weights) plainHorizontal(dst, src []byte, rows, n int) {
	in, out := len(src)/rows, len(dst)/rows
	for y := range rows {
		to, from := dst[y*out:(y+1)*out], src[y*in:(y+1)*in]
		if n == 4 {
			w.row4(to, from)
		} else {
			w.row1(to, from)
		}
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

// vertical resizes columns: dst and src are rows of n bytes, and the first row
// of src is source row base.
func (w *weights) vertical(dst, src []byte, n, base int) {
	if haveFastKernels() {
		w.fastVertical(dst, src, n, base)
		return
	}
	w.plainVertical(dst, src, n, base)
}

func (w *weights) plainVertical(dst, src []byte, n, base int) {
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
