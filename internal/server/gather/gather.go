// Package gather lets requests that arrive together share the work that costs the same for one as
// for many: one pass over an index, one run of a model.
package gather

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed answers whoever comes after Close.
var ErrClosed = errors.New("the service is stopping")

// Options bound a batch. The zero value of a field means its default.
type Options struct {
	// Window is how long the first request of a batch waits for others. 2 ms is little beside a
	// pass over a large index, and a batch also gathers while the one before it runs.
	Window time.Duration
	// Most is how many requests one batch takes; default 64.
	Most int
	// Observe, when set, is told the size of each batch.
	Observe func(size int)
}

// Gatherer runs requests in batches, of which one at a time is at work. Its methods may be called
// at once.
type Gatherer[Q, A any] struct {
	options Options
	run     func(context.Context, []Q) ([]A, error)
	turn    chan struct{} // held by the batch that is at work

	mu      sync.Mutex
	filling *batch[Q, A]
	closed  bool
	batches sync.WaitGroup
}

// batch is a set of requests that run together.
type batch[Q, A any] struct {
	requests []Q
	waiting  int // callers who still want their answer
	ctx      context.Context
	cancel   context.CancelFunc
	full     chan struct{}
	done     chan struct{}
	answers  []A
	err      error
}

// New makes a gatherer around run, which answers requests in their order. run must not fail
// because of one request alone: its error goes to all.
func New[Q, A any](options Options, run func(context.Context, []Q) ([]A, error)) *Gatherer[Q, A] {
	if options.Window == 0 {
		options.Window = 2 * time.Millisecond
	}
	if options.Most == 0 {
		options.Most = 64
	}
	return &Gatherer[Q, A]{options: options, run: run, turn: make(chan struct{}, 1)}
}

// Do runs a request in the next batch and returns its answer. A caller whose ctx ends leaves; a
// batch that all have left is cancelled.
func (g *Gatherer[Q, A]) Do(ctx context.Context, request Q) (A, error) {
	var none A
	b, place, err := g.join(request)
	if err != nil {
		return none, err
	}
	select {
	case <-b.done:
	case <-ctx.Done():
		g.leave(b)
		return none, ctx.Err()
	}
	if b.err != nil {
		return none, b.err
	}
	return b.answers[place], nil
}

// join adds a request to the batch that is filling, or begins one.
func (g *Gatherer[Q, A]) join(request Q) (*batch[Q, A], int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, 0, ErrClosed
	}
	b := g.filling
	if b == nil {
		b = &batch[Q, A]{full: make(chan struct{}), done: make(chan struct{})}
		b.ctx, b.cancel = context.WithCancel(context.Background()) // its callers' contexts end one by one
		g.filling = b
		g.batches.Go(func() { g.work(b) })
	}
	b.requests = append(b.requests, request)
	b.waiting++
	if len(b.requests) == g.options.Most {
		g.filling = nil
		close(b.full)
	}
	return b, len(b.requests) - 1, nil
}

// leave counts a caller out.
func (g *Gatherer[Q, A]) leave(b *batch[Q, A]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b.waiting--; b.waiting > 0 {
		return
	}
	b.cancel()
	if g.filling == b {
		g.filling = nil // nobody may join a cancelled batch
	}
}

// work waits for the window and for the batch at work, then closes the batch and runs it.
func (g *Gatherer[Q, A]) work(b *batch[Q, A]) {
	defer close(b.done)
	defer b.cancel()
	window := time.NewTimer(g.options.Window)
	defer window.Stop()
	select {
	case <-window.C:
	case <-b.full:
	case <-b.ctx.Done():
	}
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-b.ctx.Done():
	}
	g.mu.Lock()
	if g.filling == b {
		g.filling = nil
	}
	requests := b.requests
	g.mu.Unlock()
	if b.err = b.ctx.Err(); b.err != nil {
		return
	}
	if g.options.Observe != nil {
		g.options.Observe(len(requests))
	}
	b.answers, b.err = g.run(b.ctx, requests)
	if b.err == nil && len(b.answers) != len(requests) {
		b.err = errors.New("gather: not every request of a batch was answered")
	}
}

// Close refuses new requests and waits for the batches that are under way.
func (g *Gatherer[Q, A]) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.batches.Wait()
}
