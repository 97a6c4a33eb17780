package retriever

import (
	"context"
	"sync"
)

// maxWaiting bounds the bytes of matches that wait for rows before theirs; the parts after the one
// whose turn it is are not read on meanwhile.
const maxWaiting = 64 << 20

// rowOrder puts the batches of parts that are read side by side back into the order of rows.
type rowOrder struct {
	collect func(*batch) error

	mu      sync.Mutex
	moved   *sync.Cond // the turn, or how much waits, has changed
	parts   []partOrder
	turn    int   // the part whose rows are collected
	first   int64 // number of its first row
	waiting int   // bytes of batches of later parts
	stop    func() bool
}

// partOrder is the state of one part.
type partOrder struct {
	first   int64 // number of the first row, -1 when it follows from the parts before
	ready   map[int]*batch
	next    int   // the batch to collect
	batches int   // how many there are, -1 until the part was read
	rows    int64 // collected
}

// newRowOrder starts with the first part. close ends it.
func newRowOrder(ctx context.Context, parts []CaptionPart, collect func(*batch) error) *rowOrder {
	o := &rowOrder{collect: collect, parts: make([]partOrder, len(parts))}
	for i, p := range parts {
		o.parts[i] = partOrder{first: p.First, ready: map[int]*batch{}, batches: -1}
	}
	o.moved = sync.NewCond(&o.mu)
	o.stop = context.AfterFunc(ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.moved.Broadcast()
	})
	return o
}

func (o *rowOrder) close() { o.stop() }

// admit waits while too much of later parts is held and it is not this part's turn.
func (o *rowOrder) admit(ctx context.Context, part int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for part != o.turn && o.waiting > maxWaiting && ctx.Err() == nil {
		o.moved.Wait()
	}
	return context.Cause(ctx)
}

// put takes a batch that was matched, and collects it and those after it when it is their turn.
func (o *rowOrder) put(b *batch) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.parts[b.part].ready[b.seq] = b
	o.waiting += b.size()
	return o.advance()
}

// end says how many batches a part has.
func (o *rowOrder) end(part, batches int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.parts[part].batches = batches
	return o.advance()
}

func (o *rowOrder) advance() error {
	defer o.moved.Broadcast()
	for o.turn < len(o.parts) {
		p := &o.parts[o.turn]
		if p.first < 0 {
			p.first = o.first
		}
		for b := p.ready[p.next]; b != nil; b = p.ready[p.next] {
			delete(p.ready, p.next)
			p.next++
			o.waiting -= b.size()
			b.first = p.first
			if err := b.check(); err != nil {
				return err
			}
			if err := o.collect(b); err != nil {
				return err
			}
			p.rows += int64(b.count)
		}
		if p.next != p.batches {
			return nil
		}
		o.first = p.first + p.rows
		o.turn++
	}
	return nil
}
