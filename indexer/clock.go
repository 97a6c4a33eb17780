package indexer

import (
	"sync/atomic"
	"time"
)

// clock adds up where a run's time goes. Stages run side by side, so the sum is more than what
// passed.
type clock struct {
	read, decode, encode, write stopwatch
	began                       atomic.Pointer[time.Time] // nil before the first sample
}

// start takes the time of the first sample.
func (c *clock) start() {
	if c.began.Load() == nil {
		now := time.Now()
		c.began.CompareAndSwap(nil, &now)
	}
}

// elapsed is the time since the first sample.
func (c *clock) elapsed() time.Duration {
	if began := c.began.Load(); began != nil {
		return time.Since(*began)
	}
	return 0
}

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
