package face

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"rollcall/retriever"
)

// TopFaces implements retriever.FaceSearcher in one pass over the faces. Memory follows k.
func (s *Store) TopFaces(ctx context.Context, queries [][]float32, k int) ([][]retriever.FaceHit, error) {
	if k < 1 {
		return nil, fmt.Errorf("the nearest faces: k is %d, it must be at least 1", k)
	}
	best := make([]nearest, len(queries))
	err := s.RangeFaces(ctx, queries, -1, func(q int, h retriever.FaceHit) error {
		best[q].add(h, k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([][]retriever.FaceHit, len(queries))
	for q := range best {
		best[q].cut(k)
		out[q] = best[q].hits
	}
	return out, nil
}

// nearest keeps the best hits of one query.
type nearest struct{ hits []retriever.FaceHit }

func (n *nearest) add(h retriever.FaceHit, k int) {
	n.hits = append(n.hits, h)
	if len(n.hits) >= 2*k+1024 {
		n.cut(k)
	}
}

// cut keeps the k best, in order.
func (n *nearest) cut(k int) {
	slices.SortFunc(n.hits, func(a, b retriever.FaceHit) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.ID, b.ID))
	})
	n.hits = n.hits[:min(k, len(n.hits))]
}

// RangeFaces implements retriever.FaceCounter in one pass over the faces.
func (s *Store) RangeFaces(ctx context.Context, queries [][]float32, least float32, visit func(int, retriever.FaceHit) error) error {
	units := make([][]float32, len(queries))
	for i, q := range queries {
		if len(q) != s.manifest.Dimension {
			return fmt.Errorf("a face vector of %d numbers; the stored faces have %d: find it with the bundle that made them", len(q), s.manifest.Dimension)
		}
		units[i] = Unit(q)
	}
	return s.Each(ctx, func(id int64, f *Stored) error {
		for i, q := range units {
			// Rounding can put a cosine outside of -1 to 1.
			score := max(-1, min(1, Cosine(q, f.Vector)))
			if score < least {
				continue
			}
			if err := visit(i, retriever.FaceHit{StoredFace: f.describe(id), Similarity: score}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Stream calls visit for every face in the order of ids. The vector is visit's until it returns.
func (s *Store) Stream(ctx context.Context, visit func(retriever.StoredFace, []float32) error) error {
	return s.Each(ctx, func(id int64, f *Stored) error { return visit(f.describe(id), f.Vector) })
}

// FacesOf implements retriever.RowFaces in one pass over the faces.
func (s *Store) FacesOf(ctx context.Context, rows []int64, visit func(retriever.StoredFace, []float32) error) error {
	return s.Each(ctx, func(id int64, f *Stored) error {
		if _, wanted := slices.BinarySearch(rows, f.Row); !wanted {
			return nil
		}
		return visit(f.describe(id), slices.Clone(f.Vector))
	})
}

// NumFaces implements retriever.FaceSource.
func (s *Store) NumFaces(context.Context) (int64, error) { return s.manifest.Faces, nil }

// FacesAt implements retriever.FaceSource. It reads up to the last of the ids.
func (s *Store) FacesAt(ctx context.Context, ids []int64, visit func(retriever.StoredFace, []float32) error) error {
	next := 0
	err := s.Each(ctx, func(id int64, f *Stored) error {
		if next == len(ids) {
			return errFound
		}
		if ids[next] != id {
			return nil
		}
		next++
		return visit(f.describe(id), slices.Clone(f.Vector))
	})
	if err != nil && !errors.Is(err, errFound) {
		return err
	}
	if next < len(ids) {
		return fmt.Errorf("there is no face %d; %d are stored", ids[next], s.manifest.Faces)
	}
	return nil
}

// errFound ends the reading of the faces early.
var errFound = errors.New("every face was found")

func (f *Stored) describe(id int64) retriever.StoredFace {
	return retriever.StoredFace{
		ID: id, Row: f.Row, Score: f.Score,
		Box: retriever.Box{Left: f.Left, Top: f.Top, Width: f.Width, Height: f.Height},
	}
}

// Cosine of two vectors of length 1.
func Cosine(a, b []float32) (sum float32) {
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}
