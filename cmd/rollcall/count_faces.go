package main

import (
	"context"

	"rollcall/internal/face"
	"rollcall/retriever"
)

// countFaces counts the rows with a stored face like one of each person's, and puts the counts into
// result.
func (a *app) countFaces(ctx context.Context, opened *index, c counting, result *counted) error {
	stored, err := openFaces(ctx, opened)
	if err != nil {
		return err
	}
	var references []retriever.References
	err = a.withFaces(c.flags.faces, c.flags.model, stored, func(model *face.Model) (err error) {
		references, err = a.faceReferences(ctx, model, c)
		return err
	})
	if err != nil {
		return err
	}
	summary := imageSummary{Threshold: c.flags.faceThreshold}
	if c.flags.fmr != 0 {
		chosen, err := retriever.CalibrateFaces(ctx, stored, opened, c.roster, references, c.calibration())
		if err != nil {
			return usageError{err}
		}
		a.sayThreshold("face", chosen)
		summary.Calibrated, summary.Threshold = chosen, chosen.Value
	}
	rows, evidence := make([][]int64, len(references)), c.rowEvidence(opened)
	counts, err := retriever.CountFaces(ctx, stored, references, summary.Threshold, retriever.FaceOptions{
		Vectors: opened, Hasher: c.hasher,
		Evidence: func(m retriever.FaceMatch) error {
			rows[m.Person] = append(rows[m.Person], m.Row)
			return evidence.Add(ctx, m.Row, func(row *retriever.Row) retriever.Evidence {
				return retriever.FaceEvidence(c.roster, m.ImageHit, row, m.Face.Box)
			})
		},
	})
	if err == nil {
		err = evidence.Flush(ctx)
	}
	if err != nil {
		return err
	}
	a.warn(counts.Warnings)
	return a.addFaces(ctx, opened, c, faceResult{references, rows, counts, summary}, result)
}

// faceResult is what was counted in faces.
type faceResult struct {
	references []retriever.References
	rows       [][]int64 // counted, of each person, in order
	counts     *retriever.ImageCounts
	summary    imageSummary
}

// addFaces puts the counts into result, with what they may miss and hold too much.
func (a *app) addFaces(ctx context.Context, opened *index, c counting, f faceResult, result *counted) error {
	trials, err := retriever.TryFaces(ctx, opened, c.roster, retriever.Matched{References: f.references, Threshold: f.summary.Threshold, Rows: f.rows}, c.calibration())
	if err != nil {
		return err
	}
	total, err := opened.Len(ctx)
	if err != nil {
		return err
	}
	retriever.AddFaces(result.Counts, f.counts, f.rows, c.mentioned, trials, total)
	f.summary.Persons = personsOf(c.roster, f.counts)
	for i := range f.summary.Persons {
		if p := &f.summary.Persons[i]; p.Rows != nil {
			low, high := trials[i].Interval(*p.Rows, total)
			p.Low, p.High, p.Trial = &low, &high, &trials[i]
		}
	}
	result.Faces = &f.summary
	return nil
}
