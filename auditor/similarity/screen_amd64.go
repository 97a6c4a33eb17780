package similarity

import "golang.org/x/sys/cpu"

// canScreen says whether this processor multiplies 16-bit numbers fast enough for a first look.
func canScreen() bool { return cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VNNI }

// tileNumbers multiplies 8 photos with a panel of 32 names, both as pairs of numbers:
// out[r*stride+c] = sum over k of photos[r][k] * names[k][c]. pairs must not be 0.
//
//go:noescape
func tileNumbers(photos, names *int16, pairs int, out *int32, stride int)

// largest is the largest score of those in the set, over groups of 16; the least int32 when the
// set is empty.
//
//go:noescape
func largest(scores *int32, set *uint16, groups int) int32

// atLeast sets in out the bits of the scores that reach the limit, over groups of 16.
//
//go:noescape
func atLeast(scores *int32, groups int, limit int32, out *uint16)

// products multiplies six photos with a name each, to the same bits as the tiles with fused
// multiply-adds.
//
//go:noescape
func products(photos, names *[pairs]*float32, dim int, out *[pairs]float32)
