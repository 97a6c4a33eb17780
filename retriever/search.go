package retriever

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// MaxK bounds the rows that a query may ask for; a longer list is a count, which CountImages and
// CountMentions make exactly.
const MaxK = 100_000

// Query asks for the nearest rows of one or more vectors.
type Query struct {
	Modality Modality    // "" is Image
	Vectors  [][]float32 // one answer each; need not be normalised
	K        int         // rows wanted for each, from 1 to MaxK

	// MinSimilarity, when set, leaves out rows with a smaller cosine: an answer may then have fewer
	// than K rows.
	MinSimilarity *float32
}

// Match is one row of an answer.
type Match struct {
	Row
	Similarity float32     `json:"similarity"`     // cosine, from -1 to 1
	Face       *StoredFace `json:"face,omitempty"` // the face that was found, of SearchFaces
}

// Result holds the answers in the order of Query.Vectors, each with the best match first.
type Result struct {
	Answers [][]Match `json:"answers"`
	Exact   bool      `json:"exact"` // false when an approximate index was used: rows may be missing
}

// Search finds the rows nearest to each vector and reads them. A row that was erased meanwhile is
// left out.
func Search(ctx context.Context, s Searcher, rows Rows, q Query) (Result, error) {
	if err := q.validate(); err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	if q.Modality == "" {
		q.Modality = Image
	}
	hits, exact, err := s.TopK(ctx, q.Modality, q.Vectors, q.K)
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	if len(hits) != len(q.Vectors) {
		return Result{}, fmt.Errorf("search: the store gave %d answers to %d queries", len(hits), len(q.Vectors))
	}
	if q.MinSimilarity != nil {
		for i := range hits {
			hits[i] = slices.DeleteFunc(hits[i], func(h Hit) bool { return h.Score < *q.MinSimilarity })
		}
	}
	byID, err := readRows(ctx, rows, hits)
	if err != nil {
		return Result{}, fmt.Errorf("search: reading the rows found: %w", err)
	}
	r := Result{Answers: make([][]Match, len(hits)), Exact: exact}
	for i := range hits {
		r.Answers[i] = make([]Match, 0, len(hits[i]))
		for _, h := range hits[i] {
			if row := byID[h.ID]; !row.Erased {
				r.Answers[i] = append(r.Answers[i], Match{Row: row, Similarity: h.Score})
			}
		}
	}
	return r, nil
}

func (q *Query) validate() error {
	switch {
	case len(q.Vectors) == 0:
		return errors.New("there is no query vector")
	case q.K < 1 || q.K > MaxK:
		return fmt.Errorf("k is %d; use a number from 1 to %d", q.K, MaxK)
	case q.Modality != "" && q.Modality != Image && q.Modality != Text:
		return fmt.Errorf("modality %q is not known; use %q or %q", q.Modality, Image, Text)
	case q.MinSimilarity != nil && !(*q.MinSimilarity >= -1 && *q.MinSimilarity <= 1):
		return fmt.Errorf("the least similarity is %v; use a number from -1 to 1", *q.MinSimilarity)
	}
	for i, v := range q.Vectors {
		if !finite(v) {
			return fmt.Errorf("query vector %d is empty, all zero, or has a number that is not finite", i+1)
		}
	}
	return nil
}

// readRows reads every row among the hits once.
func readRows(ctx context.Context, rows Rows, hits [][]Hit) (map[int64]Row, error) {
	byID := map[int64]Row{}
	for _, list := range hits {
		for _, h := range list {
			byID[h.ID] = Row{}
		}
	}
	if len(byID) == 0 {
		return byID, nil
	}
	ids := slices.Sorted(maps.Keys(byID))
	got, err := rows.Get(ctx, ids)
	if err != nil {
		return nil, err
	}
	if len(got) != len(ids) {
		return nil, fmt.Errorf("the store gave %d rows for %d ids", len(got), len(ids))
	}
	for i, id := range ids {
		byID[id] = got[i]
	}
	return byID, nil
}

// finite reports whether a vector can be a query: some number in it is not zero, and all are finite.
func finite(v []float32) bool {
	zero := true
	for _, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
		zero = zero && x == 0
	}
	return !zero
}
