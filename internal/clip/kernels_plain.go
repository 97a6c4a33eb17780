//go:build !cgo || !amd64

package clip

// haveFastKernels says that this build has no faster kernels than Go's.
func haveFastKernels() bool { return false }

func (w *weights) fastHorizontal(dst, src []byte, rows int) { w.plainHorizontal(dst, src, rows, 4) }

func (w *weights) fastVertical(dst, src []byte, n, base int) { w.plainVertical(dst, src, n, base) }
