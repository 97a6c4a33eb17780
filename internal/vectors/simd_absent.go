//go:build !cgo || !amd64

package vectors

// simdMethods gives no vector method: this build has the portable one alone.
func simdMethods() []method { return nil }
