package main

import (
	"context"
	"time"

	"rollcall/internal/vectors"
)

const (
	// erasuresEvery is how often the service looks for erasures of other processes. Its indexes hide
	// the rows at once; what it looks for is when to let go of the files that held them.
	erasuresEvery = time.Second
	// erasuresSettle is when Milvus, which may give another process an erased row for five seconds
	// more, is asked again which rows were erased.
	erasuresSettle = 10 * time.Second
)

// erased says whether an erasure has ended since the indexes were opened, or since it last said so.
func (s *service) erased() bool {
	ended := false
	for _, x := range s.opened {
		now, err := vectors.Erasures(x.dir)
		if err != nil {
			s.log.Error("cannot see whether rows were erased", "index", x.name, "error", err)
			continue
		}
		if now != x.erasures && !now.UnderWay {
			x.erasures, ended = now, true
		}
	}
	return ended
}

// eraseEvidence removes what the service has kept of erased rows. Where it cannot, it tries again with
// the next reload.
func (s *service) eraseEvidence(ctx context.Context) {
	if err := s.server.EraseEvidence(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("evidence of erased rows is still there", "error", err)
	}
}
