package server

import (
	"sync"
	"sync/atomic"
)

// served is the list of indexes, which can be replaced while requests use it.
type served struct {
	current atomic.Pointer[generation]

	mu      sync.Mutex    // of replace
	drained chan struct{} // closed when all former generations are gone
	waiting sync.WaitGroup
}

// generation is one list of indexes, and the number of requests that began while it was served.
type generation struct {
	indices []Index
	stop    func() // waits for shared work

	mu      sync.Mutex
	users   int
	retired bool
	idle    chan struct{} // closed when the last user of a retired generation leaves
}

func newGeneration(indices []Index, stop func()) *generation {
	return &generation{indices: indices, stop: stop, idle: make(chan struct{})}
}

func (g *generation) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.retired {
		return false
	}
	g.users++
	return true
}

func (g *generation) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.users--; g.retired && g.users == 0 {
		close(g.idle)
	}
}

func (g *generation) retire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.retired = true; g.users == 0 {
		close(g.idle)
	}
}

func (s *served) start(first *generation) {
	s.drained = make(chan struct{})
	close(s.drained)
	s.current.Store(first)
}

// hold keeps the indexes that are served now, and those that replace them, open until release is
// called. Every request holds them; work that outlives its request must hold them itself.
func (s *served) hold() (release func()) {
	for {
		if g := s.current.Load(); g.enter() {
			return g.leave
		}
	}
}

// replace serves other indexes. A former generation is retired once its requests have ended and
// all generations before it are gone: a request that began with one of those may have picked an
// index from this one.
func (s *served) replace(next *generation, retired func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, gone := s.drained, make(chan struct{})
	s.drained = gone
	old := s.current.Swap(next)
	old.retire()
	s.waiting.Go(func() {
		<-old.idle
		<-before
		old.stop()
		retired()
		close(gone)
	})
}

// close waits for shared work and for former generations.
func (s *served) close() {
	s.waiting.Wait()
	s.current.Load().stop()
}

// indices are the indexes that are served now, in the order of configuration.
func (s *Server) indices() []Index { return s.served.current.Load().indices }

// index finds an index by name; "" is the first one.
func (s *Server) index(name string) (*Index, error) {
	indices := s.indices()
	if name == "" {
		return &indices[0], nil
	}
	for i := range indices {
		if indices[i].Name == name {
			return &indices[i], nil
		}
	}
	return nil, notFound("there is no index %q; GET /indices-list names them", name)
}
