//go:build !linux

package vectors

// wantLargePages does nothing where a mapped file has pages of one size.
func wantLargePages([]byte) {}
