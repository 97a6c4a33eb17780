package vectors

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"rollcall/retriever"
)

// spanRows is how many rows a worker claims at a time.
const spanRows = 8192

// span is a run of rows of one file.
type span struct {
	m        *matrix
	first, n int
	id       int64 // of the first row
}

// take receives the cosines of one query with consecutive rows, the first of which is row id.
type take func(query int, id int64, cosines []float32) error

// TopK implements retriever.Searcher. The answer is always exact, and the same whatever the
// number of cores or queries.
func (s *Store) TopK(ctx context.Context, m retriever.Modality, queries [][]float32, k int) (hits [][]retriever.Hit, exact bool, err error) {
	if k < 1 {
		return nil, false, fmt.Errorf("%d nearest rows were asked for: ask for 1 or more", k)
	}
	k = int(min(int64(k), s.rows))
	workers := runtime.GOMAXPROCS(0)
	tops := make([][]*top, len(queries)) // by query, then worker
	for q := range tops {
		tops[q] = make([]*top, workers)
		for w := range tops[q] {
			tops[q][w] = &top{k: k}
		}
	}
	err = s.scan(ctx, m, queries, workers, func(worker int) take {
		return func(query int, id int64, cosines []float32) error {
			t := tops[query][worker]
			least := t.least()
			for i, c := range cosines {
				if c >= least && !s.gone(id+int64(i)) {
					t.add(retriever.Hit{ID: id + int64(i), Score: c})
					least = t.least()
				}
			}
			return nil
		}
	})
	if err != nil {
		return nil, false, err
	}
	hits = make([][]retriever.Hit, len(queries))
	for q := range hits {
		hits[q] = mergeTops(k, tops[q])
	}
	return hits, true, nil
}

// Range implements retriever.Counter: one pass over every row. visit may use the store.
func (s *Store) Range(ctx context.Context, m retriever.Modality, queries [][]float32, least float32, visit func(query int, h retriever.Hit) error) error {
	if least != least {
		return fmt.Errorf("the least similarity is not a number: give one from -1 to 1")
	}
	var turn sync.Mutex // one visit at a time, none after an error
	var failed error
	return s.scan(ctx, m, queries, runtime.GOMAXPROCS(0), func(int) take {
		var found []retriever.Hit
		return func(query int, id int64, cosines []float32) error {
			found = found[:0]
			for i, c := range cosines {
				if c >= least && !s.gone(id+int64(i)) {
					found = append(found, retriever.Hit{ID: id + int64(i), Score: c})
				}
			}
			if len(found) == 0 {
				return nil
			}
			turn.Lock()
			defer turn.Unlock()
			for _, h := range found {
				if failed == nil {
					failed = visit(query, h)
				}
			}
			return failed
		}
	})
}

// scan compares all rows with all queries. Each worker gets its own take.
func (s *Store) scan(ctx context.Context, m retriever.Modality, queries [][]float32, workers int, takes func(worker int) take) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	spans, err := s.spans(m)
	if err != nil {
		return err
	}
	qs, err := normalise(queries, s.dimension)
	if err != nil {
		return err
	}
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		group.Go(func() error {
			sc := scanner{kernel: newKernel(s.dimension), queries: qs, take: takes(w)}
			for i := next.Add(1) - 1; i < int64(len(spans)); i = next.Add(1) - 1 {
				if err := sc.scan(ctx, spans[i]); err != nil {
					return err
				}
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
			out = append(out, span{p.matrix(m), first, min(spanRows, p.rows-first), p.first + int64(first)})
		}
	}
	return out, nil
}

// scanner is one worker of a scan.
type scanner struct {
	kernel  kernel
	queries unitQueries
	take    take
	out     []float32
}

// scan goes through a span block by block.
func (sc *scanner) scan(ctx context.Context, sp span) error {
	step := blockRows(sp.m.dimension)
	if sc.out == nil {
		sc.out = make([]float32, step*min(queriesAtAll, sc.queries.n))
	}
	for done := 0; done < sp.n; done += step {
		n := min(step, sp.n-done)
		for q0 := 0; q0 < sc.queries.n; q0 += queriesAtAll {
			if err := ctx.Err(); err != nil {
				return err
			}
			group := sc.queries.group(q0)
			sc.kernel(sp.m, sp.first+done, n, group, sc.out)
			for q := range group.n {
				if err := sc.take(q0+q, sp.id+int64(done), sc.out[q*n:(q+1)*n]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
