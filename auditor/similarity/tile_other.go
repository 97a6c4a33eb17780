//go:build !amd64

package similarity

// tile computes 8 photos x 16 names.
func tile(rows, names []float32, dim int, out []float32, stride int) {
	tilePortable(rows, names, dim, out, stride)
}
