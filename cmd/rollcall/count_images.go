package main

import (
	"context"
	"fmt"

	"rollcall/internal/clip"
	"rollcall/retriever"
)

// imagesCounted is what was counted in images.
type imagesCounted struct {
	counts  *retriever.ImageCounts
	summary imageSummary
}

// imageSummary says by which threshold images were counted, and how many groups of near-duplicates
// they make.
type imageSummary struct {
	Threshold  float32               `json:"threshold"`
	Calibrated *retriever.Calibrated `json:"calibrated,omitempty"` // how --fmr chose it
	Persons    []personImages        `json:"persons"`
}

type personImages struct {
	ID       string `json:"id"`
	Rows     *int64 `json:"rows"`
	Groups   *int64 `json:"groups"` // near-duplicates taken together
	Photos   int    `json:"photos"`
	Unusable int    `json:"unusable_photos"`
}

func (a *app) countImages(ctx context.Context, opened *index, c counting) (*imagesCounted, error) {
	references, err := a.imageReferences(ctx, opened, c)
	if err != nil {
		return nil, err
	}
	out := &imagesCounted{summary: imageSummary{Threshold: c.flags.threshold}}
	if c.flags.fmr != 0 {
		if out.summary.Calibrated, err = a.calibrate(ctx, opened, opened, references, c); err != nil {
			return nil, err
		}
		out.summary.Threshold = out.summary.Calibrated.Value
	}
	options := retriever.ImageOptions{Vectors: opened}
	if c.evidence != nil {
		options.Evidence = func(hit retriever.ImageHit) error {
			rows, err := opened.Get(ctx, []int64{hit.Row})
			if err != nil {
				return err
			}
			return c.evidence.Write(retriever.ImageEvidence(c.roster, hit, &rows[0]))
		}
	}
	out.counts, err = retriever.CountImages(ctx, opened, references, out.summary.Threshold, options)
	if err != nil {
		return nil, err
	}
	a.warn(out.counts.Warnings)
	out.summary.Persons = personsOf(c.roster, out.counts)
	return out, nil
}

func personsOf(roster *retriever.Roster, counts *retriever.ImageCounts) []personImages {
	out := make([]personImages, len(counts.Persons))
	for i, p := range counts.Persons {
		out[i] = personImages{roster.Persons[i].ID, p.Rows, p.Groups, p.Photos, p.Unusable}
	}
	return out
}

// imageReferences embeds the photos with the model that made the index.
func (a *app) imageReferences(ctx context.Context, opened *index, c counting) (references []retriever.References, err error) {
	err = a.withModel(ctx, c.flags.model, func(ctx context.Context, model *clip.Model) (err error) {
		if err := matchModel(opened, model.Bundle().Info()); err != nil {
			return err
		}
		references, err = a.references(ctx, model, c)
		return err
	})
	return references, err
}

// calibrate chooses the threshold for --fmr and says how.
func (a *app) calibrate(ctx context.Context, rows retriever.Rows, vectors retriever.VectorSource, references []retriever.References, c counting) (*retriever.Calibrated, error) {
	chosen, err := retriever.Calibrate(ctx, rows, vectors, c.roster, references, retriever.Calibration{
		FMR: c.flags.fmr, Rows: c.flags.sampleRows, Seed: c.flags.seed,
	})
	if err != nil {
		return nil, usageError{err}
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "threshold %.6f for a false-match rate of %v: observed %.3g among %d pairs (%d of photos of different persons, %d of photos and %d random rows)\n",
			chosen.Value, chosen.FMR, chosen.Observed, chosen.Pairs, chosen.PersonPairs, chosen.RowPairs, chosen.Rows)
	}
	return chosen, nil
}
