package auditor

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"rollcall/auditor/stats"
)

// derivedSeed gives every random step its own seed, so that no step's randomness depends on which others ran or
// in what order.
func derivedSeed(seed uint64, step ...any) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d|%q", seed, fmt.Sprint(step...)))
	return binary.LittleEndian.Uint64(sum[:8])
}

// resampling is how a step resamples: by the options, with the step's own seed, until ctx is done.
func (o Options) resampling(ctx context.Context, step ...any) stats.Resampling {
	return stats.Resampling{Confidence: o.Confidence, Times: o.Resamples, Seed: derivedSeed(o.Seed, step...), Done: ctx.Done()}
}

func newRandom(seed uint64, step ...any) *rand.Rand {
	return rand.New(rand.NewPCG(derivedSeed(seed, step...), seed))
}
