package milvus

import (
	"context"
	"fmt"
	"slices"

	"rollcall/indexer"
	"rollcall/retriever"
)

// FacesSpec says whose faces are published.
type FacesSpec struct {
	Name        string // of the index
	Generation  string // names this state of the index and its faces; letters, digits and _
	Fingerprint string // of the index whose rows show them
	Bundle      string // digest of the models that found them
	Dimension   int
	Faces       int64
}

// facesName is under what the faces of an index are published: as an index of their own, whose rows
// they are. So everything holds for them that holds for rows: proof, generations, exact answers.
func facesName(index string) string { return index + "__faces" }

// The fields of a face.
const (
	faceRow    = "row"
	faceLeft   = "left"
	faceTop    = "top"
	faceWidth  = "width"
	faceHeight = "height"
	faceScore  = "score"
)

// facesAtOnce is how many faces are passed on together.
const facesAtOnce = 4096

// PublishFaces loads the faces of an index beside its rows, as Publish does rows. source streams them
// in the order of their ids. There must be one.
func (c *Client) PublishFaces(ctx context.Context, spec FacesSpec, source func(ctx context.Context, visit func(retriever.StoredFace, []float32) error) error) error {
	return c.Publish(ctx, PublishSpec{
		Name: facesName(spec.Name), Generation: spec.Generation, Fingerprint: spec.Fingerprint,
		Model: indexer.ModelInfo{Name: "faces", Digest: spec.Bundle, Dimension: spec.Dimension}, Dimension: spec.Dimension,
		Rows: spec.Faces, HasImage: true,
	}, func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		var b retriever.RowBatch
		pass := func() error {
			full := b
			b = retriever.RowBatch{First: full.First + int64(len(full.Rows))}
			return visit(full)
		}
		err := source(ctx, func(f retriever.StoredFace, vector []float32) error {
			b.Image = append(b.Image, slices.Clone(vector))
			b.Rows = append(b.Rows, retriever.Row{ID: f.ID, Fields: map[string]any{
				faceRow: f.Row, faceLeft: f.Left, faceTop: f.Top, faceWidth: f.Width, faceHeight: f.Height, faceScore: f.Score,
			}})
			if len(b.Rows) < facesAtOnce {
				return nil
			}
			return pass()
		})
		if err != nil || len(b.Rows) == 0 {
			return err
		}
		return pass()
	})
}

// DropFaces removes the published faces of an index, where there are any.
func (c *Client) DropFaces(ctx context.Context, index string) error {
	name := facesName(index)
	if err := c.dropAlias(ctx, alias(name, retriever.Image)); err != nil {
		return err
	}
	return c.dropAll(ctx, name, func(label) bool { return false })
}

// Faces are the published faces of an index. They are safe for use by many goroutines.
type Faces struct{ rows *Store }

// OpenFaces opens the faces of an index; nil when none are published.
func OpenFaces(ctx context.Context, client *Client, index string) (*Faces, error) {
	name := facesName(index)
	if _, found, err := client.describe(ctx, alias(name, retriever.Image)); err != nil || !found {
		return nil, err
	}
	rows, err := Open(ctx, client, name)
	if err != nil {
		return nil, err
	}
	return &Faces{rows}, nil
}

// Faces opens the faces of an index that is open; nil when none are published.
func (s *Store) Faces(ctx context.Context) (*Faces, error) { return OpenFaces(ctx, s.client, s.name) }

// DropFaces removes the published faces of an index that is open, where there are any.
func (s *Store) DropFaces(ctx context.Context) error { return s.client.DropFaces(ctx, s.name) }

// Fingerprint is that of the index whose rows show the faces.
func (f *Faces) Fingerprint() string { return f.rows.Fingerprint() }

// Bundle is the digest of the models that found the faces.
func (f *Faces) Bundle() string { return f.rows.Model().Digest }

// NumFaces implements retriever.FaceSource.
func (f *Faces) NumFaces(ctx context.Context) (int64, error) { return f.rows.Len(ctx) }

// TopFaces implements retriever.FaceSearcher.
func (f *Faces) TopFaces(ctx context.Context, queries [][]float32, k int) ([][]retriever.FaceHit, error) {
	hits, _, err := f.rows.TopK(ctx, retriever.Image, queries, k)
	if err != nil {
		return nil, fmt.Errorf("nearest faces: %w", err)
	}
	out := make([][]retriever.FaceHit, len(hits))
	for q := range hits {
		if out[q], err = f.describe(ctx, hits[q]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RangeFaces implements retriever.FaceCounter.
func (f *Faces) RangeFaces(ctx context.Context, queries [][]float32, least float32, visit func(int, retriever.FaceHit) error) error {
	waiting := make([][]retriever.Hit, len(queries))
	pass := func(q int) error {
		found, err := f.describe(ctx, waiting[q])
		if err != nil {
			return err
		}
		waiting[q] = waiting[q][:0]
		for _, h := range found {
			if err := visit(q, h); err != nil {
				return err
			}
		}
		return nil
	}
	err := f.rows.Range(ctx, retriever.Image, queries, least, func(q int, h retriever.Hit) error {
		if waiting[q] = append(waiting[q], h); len(waiting[q]) < facesAtOnce {
			return nil
		}
		return pass(q)
	})
	for q := 0; err == nil && q < len(waiting); q++ {
		err = pass(q)
	}
	return err
}

// FacesAt implements retriever.FaceSource.
func (f *Faces) FacesAt(ctx context.Context, ids []int64, visit func(retriever.StoredFace, []float32) error) error {
	for some := range slices.Chunk(ids, facesAtOnce) {
		faces, err := f.get(ctx, some)
		if err != nil {
			return err
		}
		vectors, err := f.rows.Vectors(ctx, retriever.Image, some)
		if err != nil {
			return err
		}
		for i := range faces {
			if err := visit(faces[i], vectors[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// FacesOf implements retriever.RowFaces. It goes through the rows of all faces, in whose order they
// are, and reads the vectors of those that are asked for.
func (f *Faces) FacesOf(ctx context.Context, rows []int64, visit func(retriever.StoredFace, []float32) error) error {
	n, err := f.NumFaces(ctx)
	if err != nil {
		return err
	}
	for first := int64(0); first < n; first += facesAtOnce {
		var all, wanted []int64
		for id := first; id < min(first+facesAtOnce, n); id++ {
			all = append(all, id)
		}
		faces, err := f.get(ctx, all)
		if err != nil {
			return err
		}
		for _, face := range faces {
			if _, found := slices.BinarySearch(rows, face.Row); found {
				wanted = append(wanted, face.ID)
			}
		}
		if err := f.FacesAt(ctx, wanted, visit); err != nil {
			return err
		}
	}
	return nil
}

// describe completes hits.
func (f *Faces) describe(ctx context.Context, hits []retriever.Hit) ([]retriever.FaceHit, error) {
	out := make([]retriever.FaceHit, 0, len(hits))
	for some := range slices.Chunk(hits, facesAtOnce) {
		ids := make([]int64, len(some))
		for i, h := range some {
			ids[i] = h.ID
		}
		faces, err := f.get(ctx, ids)
		if err != nil {
			return nil, err
		}
		for i, face := range faces {
			out = append(out, retriever.FaceHit{StoredFace: face, Similarity: some[i].Score})
		}
	}
	return out, nil
}

// get reads faces without their vectors.
func (f *Faces) get(ctx context.Context, ids []int64) ([]retriever.StoredFace, error) {
	rows, err := f.rows.Get(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]retriever.StoredFace, len(rows))
	for i, r := range rows {
		row, isFace := r.Fields[faceRow].(int64)
		if !isFace {
			return nil, fmt.Errorf("face %d of %s has no row: run rollcall index again to publish the faces", r.ID, f.rows.name)
		}
		number := func(field string) float32 {
			x, _ := r.Fields[field].(float64) // written beside the row
			return float32(x)
		}
		out[i] = retriever.StoredFace{ID: r.ID, Row: row, Score: number(faceScore), Box: retriever.Box{
			Left: number(faceLeft), Top: number(faceTop), Width: number(faceWidth), Height: number(faceHeight),
		}}
	}
	return out, nil
}
