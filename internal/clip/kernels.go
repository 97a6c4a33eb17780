package clip

import "encoding/binary"

// half is one half in fixed point: adding it rounds to nearest.
const half = 1 << (weightBits - 1)

// clip8 takes a fixed-point sum to a byte.
func clip8(sum int32) byte {
	return byte(min(max(sum>>weightBits, 0), 255))
}

// row resizes one row of pixels of n bytes, 1 or 4, from src into dst.
func (w *weights) row(dst, src []byte, n int) {
	if n == 1 {
		w.row1(dst, src)
		return
	}
	w.row4(dst, src)
}

func (w *weights) row1(dst, src []byte) {
	for i := range dst {
		lo, count := int(w.first[i]), int(w.count[i])
		k := w.fixed[i*w.taps : i*w.taps+count]
		px := src[lo : lo+count]
		sum := int32(half)
		for x, weight := range k {
			sum += weight * int32(px[x])
		}
		dst[i] = clip8(sum)
	}
}

func (w *weights) row4(dst, src []byte) {
	for i := range w.first {
		lo, count := int(w.first[i]), int(w.count[i])
		k := w.fixed[i*w.taps : i*w.taps+count]
		px := src[4*lo : 4*(lo+count)]
		s0, s1, s2, s3 := int32(half), int32(half), int32(half), int32(half)
		for _, weight := range k {
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

// column computes resized row y into dst. middle holds source rows as long as
// dst, the first of them source row base.
func (w *weights) column(dst, middle []byte, y, base int) {
	sums := make([]int32, len(dst))
	for x := range sums {
		sums[x] = half
	}
	from := int(w.first[y]) - base
	for t, weight := range w.fixed[y*w.taps : y*w.taps+int(w.count[y])] {
		src := middle[(from+t)*len(dst) : (from+t+1)*len(dst)]
		for x, v := range src {
			sums[x] += weight * int32(v)
		}
	}
	for x, sum := range sums {
		dst[x] = clip8(sum)
	}
}
