package similarity

import "golang.org/x/sys/cpu"

// tile computes 4 photos x 16 names, with fused multiply-adds where the processor has them.
func tile(rows, names []float32, dim int, out []float32, stride int) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		tilePortable(rows, names, dim, out, stride)
		return
	}
	_ = out[(tileRows-1)*stride+panel-1]
	tileFMA(&rows[0], &names[0], dim, &out[0], stride)
}

// tileFMA is tilePortable in AVX2: eight registers hold the 4 x 16 sums.
//
//go:noescape
func tileFMA(rows, names *float32, dim int, out *float32, stride int)
