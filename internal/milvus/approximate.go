package milvus

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"rollcall/retriever"
)

// Exact says whether the index type of the collections gives exact answers, so that Range counts.
func (s *Store) Exact() bool { return s.current.Load().any().exact }

// IndexType is the index type of the collections, by Milvus's name.
func (s *Store) IndexType() string { return s.current.Load().IndexType }

// Approximate counts through an index other than FLAT, for estimates.
type Approximate struct{ store *Store }

// Approximate gives the store's counter for estimates.
func (s *Store) Approximate() Approximate { return Approximate{s} }

// Range visits rows at or above a similarity, each with the cosine of its stored vector, but not
// all of them: how many of them it finds has to be measured (retriever.MeasureRecall). A query that
// finds as many rows as an answer of Milvus holds is an error. While it asks, Milvus must say that
// it has all rows.
func (a Approximate) Range(ctx context.Context, m retriever.Modality, queries [][]float32, least float32, visit func(query int, h retriever.Hit) error) error {
	begun := false
	err := a.store.pinned(ctx, func() bool { return begun }, func(ctx context.Context, g *generation) error {
		p, err := g.part(m)
		if err != nil {
			return err
		}
		vectors, err := unit(queries, p.Dimension)
		if err != nil {
			return err
		}
		first := 0
		for some := range slices.Chunk(vectors, answerHits/maxTopK) {
			found, err := a.store.near(ctx, p, some, least)
			if err != nil {
				return err
			}
			for q, hits := range found {
				for _, h := range hits {
					begun = true
					if err := visit(first+q, h); err != nil {
						return err
					}
				}
			}
			first += len(some)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("approximate range search: %w", err)
	}
	return nil
}

// near gives each query's rows that a range search finds and whose stored vectors are as near as that.
func (s *Store) near(ctx context.Context, p *part, queries []entity.Vector, least float32) ([][]retriever.Hit, error) {
	var found [][]retriever.Hit
	err := s.client.eventually(ctx, "range search in "+p.collection, func(ctx context.Context) (err error) {
		if err := s.client.countWhole(ctx, p); err != nil {
			return err
		}
		if found, err = s.client.rangeSearch(ctx, p, queries, least); err != nil {
			return err
		}
		return s.client.countWhole(ctx, p)
	})
	if err != nil {
		return nil, err
	}
	for q := range found {
		if len(found[q]) >= maxTopK {
			return nil, fmt.Errorf("at least %d rows are above %v, and Milvus gives no more: raise the threshold, or count exactly", maxTopK, least)
		}
		if found[q], err = s.measured(ctx, p, queries[q], found[q], least); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// countWhole is an error while Milvus does not know of all rows.
func (c *Client) countWhole(ctx context.Context, p *part) error {
	n, err := c.count(ctx, p.collection, "")
	if err == nil && n != p.Rows {
		return &incompleteError{n, p.Rows}
	}
	return err
}

// rangeSearch asks once for each query's rows above a similarity.
func (c *Client) rangeSearch(ctx context.Context, p *part, queries []entity.Vector, least float32) ([][]retriever.Hit, error) {
	params, err := p.kind.search(p.settings, maxTopK)
	if err != nil {
		return nil, err
	}
	params.AddRadius(float64(math.Nextafter32(least, -2))) // Milvus leaves the radius itself out
	answer, err := c.sdk.Search(ctx, p.collection, nil, fieldErased+" == false", nil, queries, fieldVector,
		entity.COSINE, maxTopK, params, client.WithSearchQueryConsistencyLevel(entity.ClStrong))
	if err != nil {
		return nil, err
	}
	found := make([][]retriever.Hit, len(queries))
	for q, r := range answer { // none where no query has a hit
		if found[q], err = hitsOf(r); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// measured replaces the scores of hits, which an index with compressed vectors only estimates, by
// the cosines of the stored vectors, and leaves out those below least.
func (s *Store) measured(ctx context.Context, p *part, query entity.Vector, hits []retriever.Hit, least float32) ([]retriever.Hit, error) {
	q, ok := query.(entity.FloatVector)
	if !ok {
		return nil, fmt.Errorf("the query has type %T", query)
	}
	ids := make([]int64, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	found, err := s.stored(ctx, p, ids)
	if err != nil {
		return nil, err
	}
	kept := hits[:0]
	for _, h := range hits {
		if h.Score = cosine(q, found[h.ID]); h.Score >= least {
			kept = append(kept, h)
		}
	}
	return kept, nil
}

// cosine of two vectors; 0 where one is zero.
func cosine(a, b []float32) float32 {
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return float32(dot / math.Sqrt(aa*bb))
}
