package main

import (
	"context"

	"rollcall/internal/clip"
	"rollcall/internal/face"
	"rollcall/retriever"
)

func (f countFlags) checkPresence() error {
	switch {
	case f.photos == "":
		return usagef("--mode cc3m needs --photos DIR, and the index's --model")
	case f.presence.Neighbours < 1 || f.presence.Neighbours > retriever.MaxK:
		return usagef("--neighbours %d: from 1 to %d", f.presence.Neighbours, retriever.MaxK)
	case !(f.presence.NameShare > 0 && f.presence.NameShare < 1 && f.presence.FaceShare > 0 && f.presence.FaceShare < 1):
		return usagef("--name-share and --face-share are shares between 0 and 1")
	case !(f.faceThreshold >= 0 && f.faceThreshold <= 1):
		return usagef("--face-threshold %v: a cosine from 0 to 1; 0 gives every face to the closest person", f.faceThreshold)
	case f.fmr != 0 || f.threshold != 0:
		return usagef("--mode cc3m uses neither --fmr nor --threshold")
	case f.task != "" || f.merge:
		return usagef("--task and --merge are for captions; mode cc3m goes through an index in one run")
	}
	return nil
}

// judgePresence says who is in an index by the study's rule for captions without names.
func (a *app) judgePresence(ctx context.Context, opened *index, c counting) (*counted, error) {
	in := retriever.PresenceInput{Roster: c.roster, Index: opened, Vectors: opened}
	evidence := c.rowEvidence(opened)
	if c.evidence != nil {
		in.Evidence = func(v retriever.PresenceVote) error {
			return evidence.Add(ctx, v.Row, func(row *retriever.Row) retriever.Evidence { return retriever.VoteEvidence(c.roster, v, row) })
		}
	}
	err := a.withModel(ctx, c.flags.model, func(ctx context.Context, model *clip.Model) (err error) {
		if err := matchModel(opened, model.Bundle().Info()); err != nil {
			return err
		}
		names := make([]string, len(c.roster.Persons))
		for i, p := range c.roster.Persons {
			names[i] = p.Name
		}
		if in.Names, err = model.EncodeTexts(ctx, names); err != nil {
			return err
		}
		in.Photos, err = a.references(ctx, model, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.flags.faces != "" {
		if err := a.presenceFaces(ctx, opened, c, &in); err != nil {
			return nil, err
		}
	}
	rule := c.flags.presence
	rule.FaceThreshold = c.flags.faceThreshold
	found, err := retriever.JudgePresence(ctx, in, rule)
	if err == nil {
		err = evidence.Flush(ctx)
	}
	if err != nil {
		return nil, err
	}
	a.warn(found.Warnings)
	if !found.Exact {
		a.warn([]string{"an approximate index gave the neighbours: some of the nearest may be missing"})
	}
	return &counted{Counts: retriever.PresenceCounts(c.roster, found)}, nil
}

// presenceFaces adds the stored faces and those in the photos.
func (a *app) presenceFaces(ctx context.Context, opened *index, c counting, in *retriever.PresenceInput) error {
	stored, err := openFaces(ctx, opened)
	if err != nil {
		return err
	}
	in.Faces = stored
	return a.withFaces(c.flags.faces, c.flags.model, stored, func(model *face.Model) (err error) {
		in.FacePhotos, err = a.faceReferences(ctx, model, c)
		return err
	})
}
