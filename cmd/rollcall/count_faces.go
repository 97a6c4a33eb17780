package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rollcall/internal/face"
	"rollcall/internal/onnx"
	"rollcall/retriever"
)

// countFaces counts the rows with a stored face like one of each person's, and puts the counts into
// result.
func (a *app) countFaces(ctx context.Context, opened *index, c counting, result *counted) error {
	stored, err := openFaces(opened)
	if err != nil {
		return err
	}
	references, err := a.faceReferences(ctx, stored, c)
	if err != nil {
		return err
	}
	summary := imageSummary{Threshold: c.flags.faceThreshold}
	if c.flags.fmr != 0 {
		faces := facesAsRows{stored, opened}
		if summary.Calibrated, err = a.calibrate(ctx, faces, faces, references, c); err != nil {
			return err
		}
		summary.Threshold = summary.Calibrated.Value
	}
	hits := faceHits{rows: make([][]retriever.ImageHit, len(references))}
	counts, err := retriever.CountImages(ctx, stored, references, summary.Threshold, retriever.ImageOptions{Evidence: hits.add})
	if err != nil {
		return err
	}
	a.warn(counts.Warnings)
	summary.Persons = personsOf(c.roster, counts)
	result.Faces = &summary
	retriever.AddFaces(result.Counts, counts, hits.with(c.mentioned))
	if c.evidence == nil {
		return nil
	}
	return hits.write(ctx, opened, stored, references, c)
}

// openFaces opens the faces of an index, and refuses those of another state of it.
func openFaces(opened *index) (*face.Store, error) {
	stored, err := face.OpenStore(opened.dir)
	if err != nil {
		return nil, usageError{err}
	}
	m := stored.Manifest()
	if !m.Complete || opened.manifest != nil && m.Index != opened.manifest.Fingerprint {
		return nil, usagef("the faces in %s are of %d rows and not of all the index; run the same rollcall index command with --faces again", opened.dir, m.Rows)
	}
	return stored, nil
}

// faceReferences finds the largest face in every photo. A photo without one is said, and is a
// reference without a vector.
func (a *app) faceReferences(ctx context.Context, stored *face.Store, c counting) (all []retriever.References, err error) {
	model, err := face.Open(a.onnxruntime, c.flags.faces, onnx.Options{Device: c.flags.model.device, Threads: c.flags.model.threads})
	if err != nil {
		return nil, usageError{err}
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	if model.Digest() != stored.Manifest().Digest {
		return nil, usagef("the stored faces were made with another bundle (digest %.12s) than %s (digest %.12s); give the one that made them",
			stored.Manifest().Digest, c.flags.faces, model.Digest())
	}
	all = make([]retriever.References, len(c.roster.Persons))
	for i, person := range c.roster.Persons {
		paths, err := photosOf(c.flags.photos, person.ID)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			vector, err := a.mainFace(ctx, model, path)
			if err != nil {
				return nil, err
			}
			all[i].Vectors = append(all[i].Vectors, vector)
		}
	}
	return all, nil
}

// mainFace gives the vector of a photo's largest face, nil when it has none.
func (a *app) mainFace(ctx context.Context, model *face.Model, path string) ([]float32, error) {
	data, err := readPhoto(path)
	var faces []face.Face
	if err == nil {
		faces, err = model.FindFile(ctx, data)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		fmt.Fprintf(a.stderr, "warning: photo left out: %s: %v\n", path, err)
		return nil, nil
	case len(faces) == 0:
		fmt.Fprintf(a.stderr, "warning: photo left out: %s: no face was found\n", path)
		return nil, nil
	}
	largest := slices.MaxFunc(faces, func(x, y face.Face) int { return int(x.Width*x.Height - y.Width*y.Height) })
	return face.Unit(largest.Vector), nil
}

// facesAsRows lets a threshold be chosen from stored faces: their ids are the faces', their
// captions those of the faces' rows.
type facesAsRows struct {
	stored *face.Store
	opened *index
}

// Len implements retriever.Rows.
func (f facesAsRows) Len(context.Context) (int64, error) { return f.stored.Len(), nil }

// Get implements retriever.Rows.
func (f facesAsRows) Get(ctx context.Context, ids []int64) ([]retriever.Row, error) {
	faces, err := f.stored.Take(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]int64, len(faces))
	for i := range faces {
		rows[i] = faces[i].Row
	}
	return f.opened.Get(ctx, rows)
}

// Vectors implements retriever.VectorSource.
func (f facesAsRows) Vectors(ctx context.Context, _ retriever.Modality, ids []int64) ([][]float32, error) {
	faces, err := f.stored.Take(ctx, ids)
	out := make([][]float32, len(faces))
	for i := range faces {
		out[i] = faces[i].Vector
	}
	return out, err
}

// faceHits are the rows that have a person's face, by person.
type faceHits struct{ rows [][]retriever.ImageHit }

func (h *faceHits) add(hit retriever.ImageHit) error {
	h.rows[hit.Person] = append(h.rows[hit.Person], hit)
	return nil
}

// with counts the rows that mention the person as well; nil when mentions were not counted.
func (h *faceHits) with(mentioned [][]int64) []int64 {
	if mentioned == nil {
		return nil
	}
	both := make([]int64, len(h.rows))
	for i, hits := range h.rows {
		for _, hit := range hits {
			if _, found := slices.BinarySearch(mentioned[i], hit.Row); found {
				both[i]++
			}
		}
	}
	return both
}

// write goes through the stored faces once more for the boxes of those that matched, in the order of
// rows.
func (h *faceHits) write(ctx context.Context, opened *index, stored *face.Store, references []retriever.References, c counting) error {
	byRow := map[int64][]retriever.ImageHit{}
	for _, hits := range h.rows {
		for _, hit := range hits {
			byRow[hit.Row] = append(byRow[hit.Row], hit)
		}
	}
	return stored.Each(ctx, func(_ int64, f *face.Stored) error {
		for _, hit := range byRow[f.Row] {
			// The face that gave the score; another in the same row gives another.
			if face.Cosine(face.Unit(references[hit.Person].Vectors[hit.Reference]), f.Vector) != hit.Score {
				continue
			}
			rows, err := opened.Get(ctx, []int64{f.Row})
			if err != nil {
				return err
			}
			box := retriever.Box{Left: f.Left, Top: f.Top, Width: f.Width, Height: f.Height}
			if err := c.evidence.Write(retriever.FaceEvidence(c.roster, hit, &rows[0], box)); err != nil {
				return err
			}
		}
		return nil
	})
}
