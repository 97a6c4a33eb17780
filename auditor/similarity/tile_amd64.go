package similarity

import "golang.org/x/sys/cpu"

// tile computes 8 photos x 16 names, with the widest fused multiply-adds that the processor has.
// Every kernel sums element by element, so those with fused multiply-adds give the same bits.
func tile(rows, names []float32, dim int, out []float32, stride int) {
	_ = out[(tileRows-1)*stride+panel-1]
	switch {
	case cpu.X86.HasAVX512F:
		tile512(&rows[0], &names[0], dim, &out[0], stride)
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		tileAVX2(rows, names, dim, out, stride)
	default:
		tilePortable(rows, names, dim, out, stride)
	}
}

// tileAVX2 takes the photos by fours.
func tileAVX2(rows, names []float32, dim int, out []float32, stride int) {
	for first := 0; first < tileRows; first += 4 {
		tileFMA(&rows[first*dim], &names[0], dim, &out[first*stride], stride)
	}
}

// tileFMA computes 4 photos x 16 names in AVX2: eight registers hold the sums.
//
//go:noescape
func tileFMA(rows, names *float32, dim int, out *float32, stride int)

// tile512 computes 8 photos x 16 names in AVX-512: a register of sums a photo. dim must not be 0.
//
//go:noescape
func tile512(rows, names *float32, dim int, out *float32, stride int)
