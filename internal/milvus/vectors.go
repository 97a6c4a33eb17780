package milvus

import (
	"context"
	"fmt"

	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"rollcall/retriever"
)

// vectorBytes bounds the vectors of one answer.
const vectorBytes = 8 << 20

// Vectors implements retriever.VectorSource.
func (s *Store) Vectors(ctx context.Context, m retriever.Modality, ids []int64) (vectors [][]float32, err error) {
	err = s.pinned(ctx, nil, func(ctx context.Context, g *generation) error {
		p, err := g.part(m)
		if err != nil {
			return err
		}
		found, err := s.stored(ctx, p, ids)
		vectors = make([][]float32, len(ids))
		for i, id := range ids {
			vectors[i] = found[id]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get vectors: %w", err)
	}
	return vectors, nil
}

// stored gives the vectors of rows by id.
func (s *Store) stored(ctx context.Context, p *part, ids []int64) (map[int64][]float32, error) {
	found := make(map[int64][]float32, len(ids))
	atOnce := max(1, vectorBytes/(4*p.Dimension))
	err := s.fetch(ctx, p, ids, atOnce, []string{fieldID, fieldErased, fieldVector}, func(answer client.ResultSet) error {
		return vectorsOf(answer, p.Dimension, found)
	})
	return found, err
}

// vectorsOf reads the vectors of an answer into found; an erased row's is zero.
func vectorsOf(answer client.ResultSet, dimension int, found map[int64][]float32) error {
	ids, erased, err := idsOf(answer)
	if err != nil {
		return err
	}
	vectors, err := values[[]float32](answer, fieldVector)
	if err != nil {
		return err
	}
	if len(vectors) != len(ids) {
		return fmt.Errorf("the answer has %d vectors for %d rows", len(vectors), len(ids))
	}
	for i, id := range ids {
		found[id] = vectors[i]
		if erased[i] {
			found[id] = make([]float32, dimension)
		}
	}
	return nil
}
