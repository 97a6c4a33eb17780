package auditor

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// derivedSeed gives every random step its own seed, so that no step's randomness depends on which others ran or
// in what order.
func derivedSeed(seed uint64, step ...any) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d|%q", seed, fmt.Sprint(step...)))
	return binary.LittleEndian.Uint64(sum[:8])
}

func newRandom(seed uint64, step ...any) *rand.Rand {
	return rand.New(rand.NewPCG(derivedSeed(seed, step...), seed))
}
