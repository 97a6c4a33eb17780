package retriever

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// FaceQuery asks for the stored faces nearest to one or more faces.
type FaceQuery struct {
	Vectors [][]float32 // of the recogniser that made the stored faces; one answer each
	K       int         // faces wanted for each, from 1 to MaxK

	// MinSimilarity, when set, leaves out faces with a smaller cosine.
	MinSimilarity *float32
}

// SearchFaces finds the nearest stored faces and reads their rows: each Match has its Face, and a row
// comes once for each of its faces that is found. Faces of rows that were erased meanwhile are left
// out. The answer is exact.
func SearchFaces(ctx context.Context, faces FaceSearcher, rows Rows, q FaceQuery) (Result, error) {
	check := Query{Vectors: q.Vectors, K: q.K, MinSimilarity: q.MinSimilarity}
	if err := check.validate(); err != nil {
		return Result{}, fmt.Errorf("face search: %w", err)
	}
	found, err := faces.TopFaces(ctx, q.Vectors, q.K)
	if err != nil {
		return Result{}, fmt.Errorf("face search: %w", err)
	}
	if len(found) != len(q.Vectors) {
		return Result{}, errors.New("face search: the store did not answer every query")
	}
	hits := make([][]Hit, len(found))
	for i := range found {
		if q.MinSimilarity != nil {
			found[i] = slices.DeleteFunc(found[i], func(h FaceHit) bool { return h.Similarity < *q.MinSimilarity })
		}
		for _, h := range found[i] {
			hits[i] = append(hits[i], Hit{ID: h.Row, Score: h.Similarity})
		}
	}
	byID, err := readRows(ctx, rows, hits)
	if err != nil {
		return Result{}, fmt.Errorf("face search: reading the rows found: %w", err)
	}
	r := Result{Answers: make([][]Match, len(found)), Exact: true}
	for i := range found {
		r.Answers[i] = make([]Match, 0, len(found[i]))
		for _, h := range found[i] {
			if row := byID[h.Row]; !row.Erased {
				face := h.StoredFace
				r.Answers[i] = append(r.Answers[i], Match{Row: row, Similarity: h.Similarity, Face: &face})
			}
		}
	}
	return r, nil
}
