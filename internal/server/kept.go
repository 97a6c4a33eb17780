package server

import (
	"context"

	"rollcall/internal/server/state"
)

// kept is what outlives requests: the state database, and the jobs that write to it.
type kept struct {
	state *state.Store
	owned bool // the database is the server's own, in memory
	jobs  *jobs
}

// startKept opens what requests leave behind. Without a database it is kept in memory, until Close.
func (s *Server) startKept(ctx context.Context) (err error) {
	if s.state = s.options.State; s.state == nil {
		if s.state, err = state.Open(ctx, ""); err != nil {
			return err
		}
		s.owned = true
	}
	s.jobs, err = startJobs(ctx, s.state, s.options.Log, map[string]work{"count": s.count, "audit": s.audit})
	return err
}

// stopKept interrupts the job that runs.
func (s *Server) stopKept() error {
	if s.jobs != nil {
		s.jobs.close()
	}
	if s.owned {
		return s.state.Close()
	}
	return nil
}
