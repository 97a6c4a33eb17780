package milvus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
	"golang.org/x/sync/errgroup"

	"rollcall/retriever"
)

// ErrNotExact is the error of Range on an index other than FLAT, whose answers leave rows out.
var ErrNotExact = errors.New("this index type gives approximate answers, which are no counts: count from the index folder, or publish with FLAT")

// Range implements retriever.Counter. It goes through the rows in slices of ids that one answer
// holds, asks for every row of a slice and compares the scores here: an answer that lacks a row is
// noticed, asked for again and, if it stays short, an error.
func (s *Store) Range(ctx context.Context, m retriever.Modality, queries [][]float32, least float32, visit func(query int, h retriever.Hit) error) error {
	if math.IsNaN(float64(least)) {
		return errors.New("range search: the similarity threshold is not a number")
	}
	begun := false
	err := s.pinned(ctx, func() bool { return begun }, func(ctx context.Context, g *generation) error {
		p, err := g.part(m)
		if err != nil {
			return err
		}
		vectors, err := unit(queries, p.Dimension)
		if err != nil {
			return err
		}
		if !p.exact {
			return fmt.Errorf("index %s has type %s: %w", s.name, p.IndexType, ErrNotExact)
		}
		return s.scan(ctx, p, vectors, least, func(q int, h retriever.Hit) error {
			begun = true
			return visit(q, h)
		})
	})
	if err != nil {
		return fmt.Errorf("range search: %w", err)
	}
	return nil
}

// scan visits every (query, row) at or above a score, from one goroutine at a time.
func (s *Store) scan(ctx context.Context, p *part, queries []entity.Vector, least float32, visit func(query int, h retriever.Hit) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	var visiting sync.Mutex
	for first := int64(0); first < p.Rows; first += maxTopK {
		end := min(first+maxTopK, p.Rows)
		from := 0
		for some := range slices.Chunk(queries, answerHits/maxTopK) {
			start := from
			from += len(some)
			group.Go(func() error {
				found, err := s.client.slice(ctx, p, some, first, end, least)
				if err != nil {
					return err
				}
				visiting.Lock()
				defer visiting.Unlock()
				for q, hits := range found {
					for _, h := range hits {
						if err := ctx.Err(); err != nil { // also after an error of another slice
							return err
						}
						if err := visit(start+q, h); err != nil {
							return err
						}
					}
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// slice gives each query's hits at or above a score among the rows from first up to end.
func (c *Client) slice(ctx context.Context, p *part, queries []entity.Vector, first, end int64, least float32) (found [][]retriever.Hit, err error) {
	what := fmt.Sprintf("compare rows %d to %d of %s", first, end-1, p.collection)
	err = c.eventually(ctx, what, func(ctx context.Context) error {
		answer, err := c.search(ctx, p, p.settings, queries, int(end-first), idFrom(first, end), entity.ClStrong)
		if err != nil {
			return err
		}
		found = make([][]retriever.Hit, len(queries))
		for q, r := range answer {
			if int64(r.ResultCount) != end-first {
				return &incompleteError{int64(r.ResultCount), end - first}
			}
			if found[q], err = above(r, least); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// above keeps a whole slice's hits at or above a score, without erased rows. That a row comes twice
// and another not at all would go unseen in the number of hits alone.
func above(r client.SearchResult, least float32) ([]retriever.Hit, error) {
	hits, err := hitsOf(r)
	if err != nil {
		return nil, err
	}
	erased, err := values[bool](r.Fields, fieldErased)
	if err != nil {
		return nil, err
	}
	if len(erased) != len(hits) {
		return nil, &incompleteError{int64(len(erased)), int64(len(hits))}
	}
	seen := make(map[int64]struct{}, len(hits))
	kept := hits[:0]
	for i, h := range hits {
		seen[h.ID] = struct{}{}
		if h.Score >= least && !erased[i] {
			kept = append(kept, h)
		}
	}
	if len(seen) != len(erased) {
		return nil, &incompleteError{int64(len(seen)), int64(len(erased))}
	}
	return kept, nil
}
