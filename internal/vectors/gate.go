package vectors

import (
	"errors"
	"sync"
)

// errClosed answers whoever comes after Close.
var errClosed = errors.New("the index is closed: open it again")

// gate keeps the mapped files open while somebody reads them.
type gate struct {
	look   func() error // at what every reader has to know
	mu     sync.Mutex
	inside int
	closed bool
	empty  chan struct{} // closed when the last one leaves a closed gate
}

// enter lets a reader in, also one that is inside already.
func (g *gate) enter() error {
	if err := g.look(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errClosed
	}
	g.inside++
	return nil
}

// leave lets a reader out.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.closed && g.inside == 0 {
		close(g.empty)
	}
}

// close lets nobody in any more and waits until all are out. The second call is refused.
func (g *gate) close() error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return errClosed
	}
	g.closed = true
	g.empty = make(chan struct{})
	if g.inside == 0 {
		close(g.empty)
	}
	g.mu.Unlock()
	<-g.empty
	return nil
}
