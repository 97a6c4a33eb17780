package main

import (
	"context"

	"rollcall/auditor"
	"rollcall/internal/clip"
)

// training is the training index of an audit; the zero value is none.
type training struct {
	options *auditor.Training
	close   func() error
}

// openTraining opens --training-index with the model that made it.
func (a *app) openTraining(ctx context.Context, flags auditFlags, models *models, loaded []*clip.Model) (training, error) {
	none := training{close: func() error { return nil }}
	if flags.trainingIndex == "" {
		return none, nil
	}
	opened, err := a.open(ctx, flags.trainingIndex)
	if err != nil {
		return none, err
	}
	model, err := trainedWith(opened, flags, models, loaded)
	if err != nil {
		return none, closeWith(err, opened.close)
	}
	info := model.Bundle().Info()
	return training{
		options: &auditor.Training{Name: opened.name, Digest: info.Digest, Encoder: model, Index: opened, Threshold: flags.nearDuplicate},
		close:   opened.close,
	}, nil
}

// trainedWith finds the model that made the index: the one that was named, or one of the audit's.
func trainedWith(opened *index, flags auditFlags, models *models, loaded []*clip.Model) (*clip.Model, error) {
	if flags.trainedWith != "" {
		model, err := models.load(flags.trainedWith, flags.model)
		if err != nil {
			return nil, err
		}
		return model, matchModel(opened, model.Bundle().Info())
	}
	var first error
	for _, model := range loaded {
		err := matchModel(opened, model.Bundle().Info())
		if err == nil {
			return model, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, usagef("%w, as --training-model", first)
}

// closeWith closes after an error that comes first.
func closeWith(err error, closer func() error) error {
	if also := closer(); also != nil {
		return usagef("%w; closing: %w", err, also)
	}
	return err
}
