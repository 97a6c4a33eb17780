package main

import (
	"context"
	"fmt"

	"rollcall/internal/face"
	"rollcall/retriever"
)

// verifyByFaces looks for the persons' faces in the images of the sample.
func (a *app) verifyByFaces(ctx context.Context, opened *index, c counting, sampler *retriever.Sampler) (found []retriever.Verified, err error) {
	sample := sampler.Sample()
	ids := make([]int64, len(sample))
	for i := range sample {
		ids[i] = sample[i].Row
	}
	rows, err := opened.Get(ctx, ids)
	if err != nil {
		return nil, err
	}
	err = a.withFaces(c.flags.faces, c.flags.model, nil, func(model *face.Model) error {
		references, err := a.faceReferences(ctx, model, c)
		if err != nil {
			return err
		}
		threshold, err := a.verifyThreshold(ctx, c, references)
		if err != nil {
			return err
		}
		look := &faceLook{model: model, roster: c.roster, references: references, threshold: threshold, sample: sample, shows: make([]*bool, len(sample))}
		from := picturesOf(opened, c.flags.imageRoots)
		if err := from.Pictures(ctx, rows, func(i int, image []byte, problem error) error { return look.at(ctx, i, image, problem) }); err != nil {
			return err
		}
		if look.missing > 0 {
			a.warn([]string{fmt.Sprintf("%d images of the sample of %d could not be had (%v): they are left out of it", look.missing, len(sample), look.problem)})
		}
		found = sampler.ByFaces(c.roster, references, threshold, look.shows)
		return nil
	})
	return found, err
}

// verifyThreshold is --face-threshold, or chosen for --fmr from the photos of different persons.
func (a *app) verifyThreshold(ctx context.Context, c counting, references []retriever.References) (float32, error) {
	if c.flags.faceThreshold != 0 {
		return c.flags.faceThreshold, nil
	}
	pairs, photos, err := retriever.PersonPairs(ctx, references, c.flags.seed)
	if err != nil {
		return 0, err
	}
	chosen, err := retriever.ThresholdForFMR(pairs, c.flags.fmr)
	if err != nil {
		return 0, usageError{err}
	}
	a.sayThreshold("face", &retriever.Calibrated{Threshold: chosen, PersonPairs: chosen.Pairs, PersonPhotos: photos})
	return chosen.Value, nil
}

// faceLook says of the images of a sample whether they show a face of the person.
type faceLook struct {
	model      *face.Model
	roster     *retriever.Roster
	references []retriever.References
	threshold  float32
	sample     []retriever.Evidence
	shows      []*bool // nil where the image could not be had
	missing    int
	problem    error // the last of those
}

func (l *faceLook) at(ctx context.Context, i int, image []byte, problem error) error {
	var faces []face.Face
	if problem == nil {
		faces, problem = l.model.FindFile(ctx, image)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if problem != nil {
		l.missing++
		l.problem = problem
		return nil
	}
	shows := false
	for p, person := range l.roster.Persons {
		if person.ID != l.sample[i].ID {
			continue
		}
		for _, f := range faces {
			v := face.Unit(f.Vector)
			for _, w := range l.references[p].Vectors {
				shows = shows || w != nil && face.Cosine(v, w) >= l.threshold
			}
		}
	}
	l.shows[i] = &shows
	return nil
}
