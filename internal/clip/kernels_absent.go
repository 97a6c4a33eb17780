//go:build !cgo || !amd64

package clip

// processorKernels gives none: this build has Go's alone.
func processorKernels() []kernels { return nil }
