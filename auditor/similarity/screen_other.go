//go:build !amd64

package similarity

// canScreen says whether this processor multiplies 16-bit numbers fast enough for a first look.
func canScreen() bool { return false }

func tileNumbers(photos, names *int16, pairs int, out *int32, stride int) { panic("no such kernel") }

func largest(scores *int32, set *uint16, groups int) int32 { panic("no such kernel") }

func atLeast(scores *int32, groups int, limit int32, out *uint16) { panic("no such kernel") }

func products(photos, names *[pairs]*float32, dim int, out *[pairs]float32) { panic("no such kernel") }
