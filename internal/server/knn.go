package server

import (
	"context"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/querylog"
	"rollcall/retriever"
)

// ignoredHeader names the models that a client asked for and that are not loaded. The clients ask
// for all of them by default, so that an error would lock them out.
const ignoredHeader = "X-Rollcall-Ignored"

// exactHeader says whether every row was compared ("true") or an approximate index answered.
const exactHeader = "X-Rollcall-Exact"

// knn is POST /knn-service: the nearest rows of a text, an image or a vector, best first.
func (s *Server) knn(c *gin.Context) error {
	start := time.Now()
	q, err := s.readKNN(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	vector, err := s.embed(ctx, q)
	if err != nil {
		return err
	}
	hits, exact, err := s.nearest(ctx, q, vector)
	if err != nil {
		return err
	}
	results, err := s.results(ctx, q, hits)
	if err != nil {
		return err
	}
	if err := s.record(ctx, q.entry(vector, len(results))); err != nil {
		return err
	}
	for _, name := range q.ignored {
		s.metrics.ignored.WithLabelValues(name).Inc()
	}
	if len(q.ignored) > 0 {
		c.Header(ignoredHeader, strings.Join(q.ignored, ", "))
	}
	c.Header(exactHeader, map[bool]string{true: "true", false: "false"}[exact])
	s.metrics.timed(fullKNN, start)
	return answer(c, http.StatusOK, results)
}

// entry is the query log's line of a search.
func (q *knnQuery) entry(vector []float32, results int) querylog.Entry {
	e := querylog.Entry{
		Action: "search", Index: q.index.Name, Modality: string(q.modality), Text: q.text, URL: q.imageURL, Asked: q.k, Results: results,
	}
	if q.image != nil {
		e.Image = querylog.Digest(q.image)
	}
	if q.embedding != nil {
		e.Vector = querylog.VectorDigest(vector)
	}
	return e
}

// embed gives the query's vector, not necessarily of length one.
func (s *Server) embed(ctx context.Context, q *knnQuery) ([]float32, error) {
	switch {
	case q.embedding != nil:
		return q.embedding, nil
	case q.text != "":
		defer s.metrics.timed(textInference, time.Now())
		vectors, err := q.index.Encoder.EncodeTexts(ctx, []string{q.text})
		if err != nil {
			return nil, err
		}
		return vectors[0], nil
	default:
		if err := s.fetchImage(ctx, q); err != nil {
			return nil, err
		}
		if err := checkPixels(q.image); err != nil {
			return nil, err
		}
		defer s.metrics.timed(imageInference, time.Now())
		vectors, failed, err := q.index.Encoder.EncodeImages(ctx, [][]byte{q.image})
		if err != nil {
			return nil, err
		}
		if failed[0] != nil {
			return nil, badRequest("image cannot be used: %v", failed[0])
		}
		return vectors[0], nil
	}
}

// nearest searches, and drops near-duplicates when asked to. clip-retrieval does not normalise
// embedding_input, so that its similarity is the inner product: the cosine times the query's norm.
func (s *Server) nearest(ctx context.Context, q *knnQuery, vector []float32) ([]retriever.Hit, bool, error) {
	start := time.Now()
	found, exact, err := q.index.Store.TopK(ctx, q.modality, [][]float32{vector}, q.k)
	if err != nil {
		return nil, false, err
	}
	s.metrics.timed(knnIndex, start)
	s.metrics.searches.WithLabelValues(q.index.Name, string(q.modality)).Observe(time.Since(start).Seconds())
	hits := found[0]
	if q.dedup {
		if hits, err = s.deduplicate(ctx, q, hits); err != nil {
			return nil, false, err
		}
	}
	if q.embedding != nil {
		length := norm(vector)
		for i := range hits {
			hits[i].Score *= length
		}
	}
	return hits, exact, nil
}

func norm(v []float32) float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return float32(math.Sqrt(sum))
}

// deduplicate keeps the best ranked hit of every group of near-duplicates.
func (s *Server) deduplicate(ctx context.Context, q *knnQuery, hits []retriever.Hit) ([]retriever.Hit, error) {
	defer s.metrics.timed(dedup, time.Now())
	ids := make([]int64, len(hits))
	for i, hit := range hits {
		ids[i] = hit.ID
	}
	vectors, err := q.index.Store.Vectors(ctx, q.modality, ids)
	if err != nil {
		return nil, err
	}
	var kept []retriever.Hit
	for i, first := range retriever.NearDuplicates(vectors, retriever.NearDuplicateCosine) {
		if first == i {
			kept = append(kept, hits[i])
		}
	}
	return kept, nil
}

// results gives the first hits their metadata; the others carry only id and similarity.
func (s *Server) results(ctx context.Context, q *knnQuery, hits []retriever.Hit) ([]map[string]any, error) {
	defer s.metrics.timed(metadataGet, time.Now())
	ids := make([]int64, min(q.withMeta, len(hits)))
	for i := range ids {
		ids[i] = hits[i].ID
	}
	rows, err := q.index.Store.Get(ctx, ids)
	if err != nil {
		return nil, err
	}
	results := make([]map[string]any, len(hits))
	room := maxInlined
	for i, hit := range hits {
		results[i] = map[string]any{}
		if i < len(rows) {
			results[i] = s.columns(rows[i], &room)
		}
		results[i]["id"], results[i]["similarity"] = hit.ID, float64(hit.Score)
	}
	return results, nil
}
