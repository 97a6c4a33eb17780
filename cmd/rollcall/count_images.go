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
	Recall     *retriever.Recall     `json:"recall,omitempty"`     // of an estimate
	Persons    []personImages        `json:"persons"`
}

type personImages struct {
	ID       string `json:"id"`
	Rows     *int64 `json:"rows"`
	Groups   *int64 `json:"groups"` // near-duplicates taken together, by vector or by perceptual hash
	ByVector *int64 `json:"groups_by_vector"`
	ByHash   *int64 `json:"groups_by_hash"` // null where no image was at hand
	Hashed   *int64 `json:"hashed"`         // rows whose image was at hand
	Photos   int    `json:"photos"`
	Unusable int    `json:"unusable_photos"`

	// Of faces: bounds of the rows that may show the person, and what they were reckoned from.
	Low   *float64             `json:"low,omitempty"`
	High  *float64             `json:"high,omitempty"`
	Trial *retriever.FaceTrial `json:"trial,omitempty"`
}

func (a *app) countImages(ctx context.Context, opened *index, c counting) (*imagesCounted, error) {
	references, err := a.imageReferences(ctx, opened, c)
	if err != nil {
		return nil, err
	}
	out := &imagesCounted{summary: imageSummary{Threshold: c.flags.threshold}}
	if c.flags.fmr != 0 {
		out.summary.Calibrated, err = retriever.Calibrate(ctx, opened, opened, c.roster, references, c.calibration())
		if err != nil {
			return nil, usageError{err}
		}
		a.sayThreshold("image", out.summary.Calibrated)
		out.summary.Threshold = out.summary.Calibrated.Value
	}
	out.counts, out.summary.Recall, err = a.countNear(ctx, opened, references, out.summary.Threshold, c)
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
		out[i] = personImages{ID: roster.Persons[i].ID, Rows: p.Rows, Photos: p.Photos, Unusable: p.Unusable}
		if g := p.Groups; g != nil {
			out[i].Groups, out[i].ByVector, out[i].ByHash, out[i].Hashed = &g.Either, &g.ByVector, g.ByHash, &g.Hashed
		}
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

// calibration is how --fmr chooses thresholds.
func (c counting) calibration() retriever.Calibration {
	return retriever.Calibration{FMR: c.flags.fmr, Rows: c.flags.sampleRows, Seed: c.flags.seed}
}

// sayThreshold says how a threshold was chosen.
func (a *app) sayThreshold(kind string, chosen *retriever.Calibrated) {
	if a.quiet {
		return
	}
	drawn := ""
	if chosen.PersonPhotos > 0 {
		drawn = fmt.Sprintf(", up to %d photos each", chosen.PersonPhotos)
	}
	say := fmt.Sprintf("%s threshold %.6f for a false-match rate of %v: observed %.3g among %d pairs", kind, chosen.Value, chosen.FMR, chosen.Observed, chosen.Pairs)
	if chosen.RowsObserved == nil {
		fmt.Fprintf(a.stderr, "%s (%d of photos of different persons%s, %d of photos and %d random rows)\n", say, chosen.PersonPairs, drawn, chosen.RowPairs, chosen.Rows)
		return
	}
	fmt.Fprintf(a.stderr, "%s of photos of different persons%s; %.3g among %d of photos and %d random %ss, some of which may show the person\n",
		say, drawn, *chosen.RowsObserved, chosen.RowPairs, chosen.Rows, kind)
}
