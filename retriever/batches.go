package retriever

import (
	"cmp"
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// A batch is large enough to cost nothing to pass on and small enough to keep few captions in
// memory and to end soon after a cancellation.
const (
	batchRows  = 1024
	batchBytes = 1 << 20
)

// maxCaption bounds a caption in bytes: far more than any text about a picture.
const maxCaption = 64 << 20

// batch is a run of consecutive rows and, once done is closed, what was found in them.
type batch struct {
	rows  []CaptionRow
	bytes int
	null  int64
	hits  []rowMatch
	done  chan struct{}
}

type rowMatch struct {
	match
	row     int    // index in the batch
	caption uint64 // hash of the normalised caption
}

// matching is how the rows are matched.
type matching struct {
	matcher matcher
	persons int // in the roster
	workers int // 0 is one a core
}

// matchRows runs the matcher over all rows on several workers and passes the batches to collect
// in the order of rows, from one goroutine. Twice as many batches as workers are in memory.
func matchRows(ctx context.Context, src CaptionSource, m matching, collect func(*batch) error) error {
	workers := cmp.Or(m.workers, runtime.GOMAXPROCS(0))
	work, ordered := make(chan *batch, workers), make(chan *batch, workers)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(work)
		defer close(ordered)
		return produce(ctx, src, work, ordered)
	})
	for range workers {
		g.Go(func() error {
			s := newScratch(m.persons)
			for b := range work {
				if ctx.Err() == nil {
					b.match(m.matcher, s)
				}
				close(b.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for b := range ordered {
			<-b.done
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := collect(b); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// produce cuts the source into batches. A batch goes to the workers before it goes to the
// collector, so that whoever waits for it waits for work that has started.
func produce(ctx context.Context, src CaptionSource, work, ordered chan<- *batch) error {
	b := &batch{done: make(chan struct{})}
	send := func() error {
		for _, to := range []chan<- *batch{work, ordered} {
			select {
			case to <- b:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		b = &batch{done: make(chan struct{}), rows: make([]CaptionRow, 0, len(b.rows))}
		return nil
	}
	err := src.Captions(ctx, func(row CaptionRow) error {
		if len(row.Caption) > maxCaption {
			return fmt.Errorf("row %d: its caption of %d bytes is longer than %d; take the row out of the file",
				row.Row, len(row.Caption), maxCaption)
		}
		b.rows = append(b.rows, row)
		b.bytes += len(row.Caption) + len(row.URL) + len(row.Key)
		if len(b.rows) < batchRows && b.bytes < batchBytes {
			return nil
		}
		return send()
	})
	if err != nil {
		return err
	}
	return send()
}

// match finds the names in every row of the batch.
func (b *batch) match(m matcher, s *scratch) {
	var words []byte
	for i := range b.rows {
		row := &b.rows[i]
		if row.Null {
			b.null++
			continue
		}
		found := m.find(row.Caption, s)
		if len(found) == 0 {
			continue
		}
		s.text.read(row.Caption)
		words = s.text.normalised(words[:0])
		hash := hash64(words)
		for _, f := range found {
			b.hits = append(b.hits, rowMatch{match: f, row: i, caption: hash})
		}
	}
}
