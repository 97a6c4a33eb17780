package vectors

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"rollcall/retriever"
)

// spanRows is how many rows a worker claims at a time: whole blocks.
const spanRows = 8192

// span is a run of rows of one file.
type span struct {
	m        *matrix
	codes    *codes // halves; nil where there are none
	bits     *codes // of one bit; nil where there are none
	first, n int
	id       int64 // of the first row
}

// part gives n rows from the span's row at on.
func (sp span) part(at, n int) span {
	sp.first, sp.n, sp.id = sp.first+at, n, sp.id+int64(at)
	return sp
}

// blocks is in how many blocks of codes the span's rows are.
func (sp span) blocks() int { return (sp.n + blockRows - 1) / blockRows }

// mask has a bit for each row of the span's block b.
func (sp span) mask(b int) uint64 {
	return math.MaxUint64 >> (blockRows - min(blockRows, sp.n-b*blockRows))
}

// sink is where one worker's cosines go.
type sink interface {
	// least is the score below which no row of the query is wanted; it may rise.
	least(query int) float32
	// rises says whether it may.
	rises() bool
	// take receives the cosines of one query with consecutive rows, the first of which is row id.
	// Some may be below least.
	take(query int, id int64, cosines []float32) error
}

// TopK implements retriever.Searcher. The answer is always exact, and the same whatever the
// number of cores or queries, with codes or without.
func (s *Store) TopK(ctx context.Context, m retriever.Modality, queries [][]float32, k int) (hits [][]retriever.Hit, exact bool, err error) {
	if k < 1 {
		return nil, false, fmt.Errorf("%d nearest rows were asked for: ask for 1 or more", k)
	}
	k = int(min(int64(k), s.rows))
	sinks := make([]sink, runtime.GOMAXPROCS(0))
	tops := make([]*topSink, len(sinks))
	bars := newBars(len(queries))
	for w := range sinks {
		tops[w] = newTopSink(s, k, bars)
		sinks[w] = tops[w]
	}
	if err = s.scan(ctx, m, queries, sinks); err != nil {
		return nil, false, err
	}
	hits = make([][]retriever.Hit, len(queries))
	for q := range hits {
		kept := make([]*top, len(tops))
		for w, t := range tops {
			kept[w] = &t.tops[q]
		}
		hits[q] = mergeTops(k, kept)
	}
	return hits, true, nil
}

// Range implements retriever.Counter: one pass over every row. visit may use the store.
func (s *Store) Range(ctx context.Context, m retriever.Modality, queries [][]float32, least float32, visit func(query int, h retriever.Hit) error) error {
	if least != least {
		return fmt.Errorf("the least similarity is not a number: give one from -1 to 1")
	}
	common := &visitor{visit: visit}
	sinks := make([]sink, runtime.GOMAXPROCS(0))
	for w := range sinks {
		sinks[w] = &rangeSink{store: s, floor: least, to: common}
	}
	return s.scan(ctx, m, queries, sinks)
}

// visitor passes hits on, one at a time, none after an error.
type visitor struct {
	turn   sync.Mutex
	visit  func(query int, h retriever.Hit) error
	failed error
}

// rangeSink passes on what reaches the floor.
type rangeSink struct {
	store *Store
	floor float32
	found []retriever.Hit
	to    *visitor
}

func (r *rangeSink) least(int) float32 { return r.floor }

func (r *rangeSink) rises() bool { return false }

func (r *rangeSink) take(query int, id int64, cosines []float32) error {
	r.found = r.found[:0]
	for i, c := range cosines {
		if c >= r.floor && !r.store.gone(id+int64(i)) {
			r.found = append(r.found, retriever.Hit{ID: id + int64(i), Score: c})
		}
	}
	if len(r.found) == 0 {
		return nil
	}
	r.to.turn.Lock()
	defer r.to.turn.Unlock()
	for _, h := range r.found {
		if r.to.failed == nil {
			r.to.failed = r.to.visit(query, h)
		}
	}
	return r.to.failed
}

// scan compares all rows with all queries, a worker for each sink.
func (s *Store) scan(ctx context.Context, m retriever.Modality, queries [][]float32, sinks []sink) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	spans, err := s.spans(m)
	if err != nil {
		return err
	}
	qs, err := normalise(queries, s.dimension)
	if err != nil || qs.n == 0 {
		return err
	}
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, to := range sinks {
		group.Go(func() error {
			sc := newScanner(s, qs, to)
			defer func() { s.refined.Add(sc.tally.refined); s.rescored.Add(sc.tally.rescored) }()
			for i := next.Add(1) - 1; i < int64(len(spans)); i = next.Add(1) - 1 {
				if err := sc.scan(ctx, spans[i]); err != nil {
					return err
				}
			}
			if err := sc.finish(&s.waiters); err != nil {
				return err
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

// spans cuts the rows of a modality into work.
func (s *Store) spans(m retriever.Modality) ([]span, error) {
	if !s.Has(m) {
		return nil, s.lacks(m)
	}
	var out []span
	for _, p := range s.parts {
		for first := 0; first < p.rows; first += spanRows {
			out = append(out, span{p.matrix(m), p.codes(m).halves, p.codes(m).bits, first, min(spanRows, p.rows-first), p.first + int64(first)})
		}
	}
	return out, nil
}
