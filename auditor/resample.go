package auditor

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"rollcall/auditor/stats"
)

// photoResamples is how often each person's photos are drawn anew for the two-stage bootstrap.
const photoResamples = 200

// resampled gives a rate of detected persons an interval over those persons and their photos.
func (a *audit) resampled(ctx context.Context, which string, persons []int, rate stats.Estimate) (stats.Estimate, error) {
	outcomes := make([][]float64, len(persons))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(a.o.Workers)
	for i, person := range persons {
		group.Go(func() error {
			outcomes[i] = a.photoOutcomes(person)
			return inner.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return stats.Estimate{}, err
	}
	e := stats.TwoStage(outcomes, rate.Value, a.o.resampling(ctx, "two-stage", a.label, which))
	if n := float64(len(persons)); n > 0 && min(rate.Value, 1-rate.Value)*n < fewOfAKind-0.5 {
		e.Warnings = append(e.Warnings, fmt.Sprintf("fewer than %d persons of one outcome: resampling them cannot show what did not happen; the exact interval holds", fewOfAKind))
	}
	return e, nil
}

// fewOfAKind is how many persons of either outcome a bootstrap of a rate needs to be worth its interval.
const fewOfAKind = 5

// photoOutcomes decides on resamples of a person's photos: 1 where detected.
func (a *audit) photoOutcomes(person int) []float64 {
	w := a.evidence.winners[person]
	source := newRandom(a.o.Seed, "photos", a.label, a.o.Persons[person].ID)
	ballot := NewBallot(len(a.names.Names))
	photos := make([]int, w.Photos())
	out := make([]float64, photoResamples)
	for i := range out {
		for x := range photos {
			photos[x] = source.IntN(len(photos))
		}
		if ballot.Correct(w, a.names.Person[person], photos) >= a.o.Tau {
			out[i] = 1
		}
	}
	return out
}
