package vectors

import "golang.org/x/sys/unix"

// wantLargePages asks the kernel for pages of 2 MiB in a mapping that is read from end to end. Where
// the file system and the kernel cannot, nothing changes but the speed.
func wantLargePages(mapped []byte) {
	_ = unix.Madvise(mapped, unix.MADV_HUGEPAGE) // advice
}
