package milvus

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"rollcall/retriever"
)

const (
	// answerHits bounds the hits of one answer over all its queries: 13 bytes each on the wire.
	answerHits = 1 << 20

	// tieRoom is how many hits more than k are asked for, to see whether the last one ties with
	// rows beyond it.
	tieRoom = 16
)

// TopK implements retriever.Searcher. exact is true for a FLAT index. A k over 16,384 is refused
// where the index has that many rows: Milvus's answers hold no more.
func (s *Store) TopK(ctx context.Context, m retriever.Modality, queries [][]float32, k int) (hits [][]retriever.Hit, exact bool, err error) {
	if k < 1 {
		return nil, false, fmt.Errorf("top-k: k is %d, it must be at least 1", k)
	}
	err = s.pinned(ctx, nil, func(ctx context.Context, g *generation) error {
		p, err := g.part(m)
		if err != nil {
			return err
		}
		vectors, err := unit(queries, p.Dimension)
		if err != nil {
			return err
		}
		exact = p.exact
		hits, err = s.topK(ctx, p, vectors, k)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("top-k: %w", err)
	}
	return hits, exact, nil
}

// topK asks for the queries in groups that one answer holds.
func (s *Store) topK(ctx context.Context, p *part, queries []entity.Vector, k int) ([][]retriever.Hit, error) {
	if k > maxTopK && p.live() > maxTopK {
		return nil, fmt.Errorf("k is %d, but Milvus gives at most %d rows: ask for fewer, or count with a similarity threshold", k, maxTopK)
	}
	k = min(k, maxTopK)
	hits := make([][]retriever.Hit, 0, len(queries))
	for group := range slices.Chunk(queries, answerHits/(k+tieRoom)) {
		found, err := s.nearest(ctx, p, group, k)
		if err != nil {
			return nil, err
		}
		hits = append(hits, found...)
	}
	return hits, nil
}

// nearest gives each query's k best hits.
func (s *Store) nearest(ctx context.Context, p *part, queries []entity.Vector, k int) ([][]retriever.Hit, error) {
	found, err := s.whole(ctx, p, queries, k+tieRoom)
	if err != nil {
		return nil, err
	}
	for q := range found {
		if p.exact {
			if found[q], err = s.settleTies(ctx, p, queries[q], found[q], k); err != nil {
				return nil, err
			}
		}
		found[q] = found[q][:min(k, len(found[q]))]
	}
	return found, nil
}

// whole searches until every query has limit hits, or as many as the index and one answer allow. An
// IVF index has too few hits in the lists it looks through where these are short: it is asked to look
// through more.
func (s *Store) whole(ctx context.Context, p *part, queries []entity.Vector, limit int) (hits [][]retriever.Hit, err error) {
	level, settings := s.level(), maps.Clone(p.settings)
	err = s.client.eventually(ctx, "search "+p.collection, func(ctx context.Context) error {
		want := int(min(int64(limit), maxTopK, p.live()))
		if want == 0 {
			hits = make([][]retriever.Hit, len(queries))
			return nil
		}
		answer, err := s.client.search(ctx, p, settings, queries, want, fieldErased+" == false", level)
		if err != nil {
			return err
		}
		hits = hits[:0]
		for _, r := range answer {
			if r.ResultCount < want {
				if lists, ivf := settings["nlist"]; ivf {
					settings["nprobe"] = min(2*settings["nprobe"], lists)
				}
				// Perhaps another process has erased rows: then the next try asks for fewer.
				if err := s.client.countErased(ctx, p); err != nil {
					return err
				}
				return &incompleteError{int64(r.ResultCount), int64(want)}
			}
			own, err := hitsOf(r)
			if err != nil {
				return err
			}
			slices.SortFunc(own, better)
			hits = append(hits, own)
		}
		return nil
	})
	return hits, err
}

// settleTies makes sure that of rows with the k-th best score those with the lowest ids are in.
// When the hits end within that score there may be more such rows: it asks for more hits and, when
// an answer holds no more, looks at every row.
func (s *Store) settleTies(ctx context.Context, p *part, query entity.Vector, hits []retriever.Hit, k int) ([]retriever.Hit, error) {
	open := func() bool {
		return len(hits) > k && int64(len(hits)) < p.live() && hits[k-1].Score == hits[len(hits)-1].Score
	}
	for open() && len(hits) < maxTopK {
		more, err := s.whole(ctx, p, []entity.Vector{query}, 8*len(hits))
		if err != nil {
			return nil, err
		}
		hits = more[0]
	}
	full := len(hits) == maxTopK && int64(maxTopK) < p.live()
	if !full || hits[k-1].Score != hits[maxTopK-1].Score {
		return hits, nil
	}
	var all []retriever.Hit
	err := s.scan(ctx, p, []entity.Vector{query}, hits[k-1].Score, func(_ int, h retriever.Hit) error {
		all = append(all, h)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, better)
	return all, nil
}

// better orders hits: higher score first, ties by lower id.
func better(a, b retriever.Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
}

// search asks once, for k rows that match the expression, with their erased flags.
func (c *Client) search(ctx context.Context, p *part, settings map[string]int, queries []entity.Vector, k int, expression string, level entity.ConsistencyLevel) ([]client.SearchResult, error) {
	params, err := p.kind.search(settings, k)
	if err != nil {
		return nil, err
	}
	answer, err := c.sdk.Search(ctx, p.collection, nil, expression, []string{fieldErased}, queries, fieldVector,
		entity.COSINE, k, params, client.WithSearchQueryConsistencyLevel(level))
	if err != nil {
		return nil, err
	}
	if len(answer) != len(queries) {
		return nil, &incompleteError{int64(len(answer)), int64(len(queries))}
	}
	return answer, nil
}

// hitsOf reads one query's hits. Scores that rounding put outside of -1 to 1 are moved to the end.
func hitsOf(r client.SearchResult) ([]retriever.Hit, error) {
	if r.Err != nil {
		return nil, r.Err
	}
	ids, err := values[int64](client.ResultSet{r.IDs}, fieldID)
	if err != nil {
		return nil, err
	}
	if len(ids) != r.ResultCount || len(r.Scores) != r.ResultCount {
		return nil, fmt.Errorf("the answer has %d ids and %d scores for %d hits", len(ids), len(r.Scores), r.ResultCount)
	}
	hits := make([]retriever.Hit, len(ids))
	for i, id := range ids {
		hits[i] = retriever.Hit{ID: id, Score: max(-1, min(1, r.Scores[i]))}
	}
	return hits, nil
}

// unit checks queries and brings them to length 1. Milvus answers a query that is not a number
// with no rows and no error.
func unit(queries [][]float32, dimension int) ([]entity.Vector, error) {
	out := make([]entity.Vector, len(queries))
	for q, query := range queries {
		if len(query) != dimension {
			return nil, fmt.Errorf("query %d has %d dimensions, the index has %d: embed it with the index's model", q, len(query), dimension)
		}
		var square float64
		for _, x := range query {
			square += float64(x) * float64(x)
		}
		if square == 0 || math.IsNaN(square) || math.IsInf(square, 0) {
			return nil, fmt.Errorf("query %d is zero or not finite: it has no direction to search in", q)
		}
		norm := math.Sqrt(square)
		v := make(entity.FloatVector, dimension)
		for i, x := range query {
			v[i] = float32(float64(x) / norm)
		}
		out[q] = v
	}
	return out, nil
}
