package indexer

import (
	"sync/atomic"
	"time"
)

// clock adds up where a run's time goes. Stages run side by side, so the sum is more than what
// passed.
type clock struct{ read, decode, encode, write stopwatch }

// stopwatch is a duration that several goroutines add to.
type stopwatch struct{ nanoseconds atomic.Int64 }

// add adds the time since started.
func (s *stopwatch) add(started time.Time) { s.nanoseconds.Add(int64(time.Since(started))) }

func (s *stopwatch) total() time.Duration { return time.Duration(s.nanoseconds.Load()) }

// Times is how long the stages of a run were at work, waiting for one another not counted. Decode
// is the sum over all workers.
type Times struct{ Read, Decode, Encode, Write time.Duration }

func (c *clock) times() Times {
	return Times{c.read.total(), c.decode.total(), c.encode.total(), c.write.total()}
}
