package auditor

import (
	"context"

	"rollcall/auditor/similarity"
)

// worker is one goroutine of a prompt.
type worker struct {
	*pass
	prompt   int
	comparer comparer
	verdicts []similarity.Verdict // of a chunk's photos
}

// chunk decides the photos of a chunk of persons and adds up their similarities.
func (w *worker) chunk(ctx context.Context, chunk int) error {
	first, last := chunk*w.pass.chunk, min((chunk+1)*w.pass.chunk, len(w.o.Persons))
	dim := w.photos.dim
	similarities, stride, err := w.comparer.products(ctx, w.means[first*dim:last*dim])
	if err != nil {
		return err
	}
	for person := first; person < last; person++ {
		if w.photos.photos(person) > 0 {
			w.add(person, similarities[(person-first)*stride:][:len(w.names.Names)], w.perChunk[chunk])
		}
	}
	from, to := w.photos.first[first], w.photos.first[last]
	if cap(w.verdicts) < to-from {
		w.verdicts = make([]similarity.Verdict, to-from)
	}
	verdicts := w.verdicts[:to-from]
	var own []int
	if w.decisions != nil {
		own = w.own[from:to]
	}
	if err := w.comparer.verdicts(ctx, from, own, verdicts); err != nil {
		return err
	}
	for person := first; person < last; person++ {
		w.decide(person, verdicts[w.photos.first[person]-from:][:w.photos.photos(person)])
	}
	return nil
}

// add turns the similarities of a person's mean photo into shares of the means over prompts. The
// product of a mean is the mean of products.
func (w *worker) add(person int, similarities []float32, total []float64) {
	e, prompts := &w.evidence, float64(len(w.o.Prompts))
	share := func(name int) float64 { return float64(similarities[name]) / prompts }
	e.own[person] += share(w.names.Person[person])
	for d, n := range w.names.Decoys {
		e.decoys[person][d] += share(n)
	}
	for pairing := range pairings {
		if g := w.guests[pairing][person]; g >= 0 {
			e.guest[pairing][person] += share(w.names.Person[g])
		}
	}
	for n := range similarities {
		total[n] += share(n)
	}
}

// decide keeps the winners of a person's photos, and where they are wanted the decisions.
func (w *worker) decide(person int, verdicts []similarity.Verdict) {
	winners := w.evidence.winners[person]
	for x, v := range verdicts {
		winners.Names[x*winners.Prompts+w.prompt] = int32(v.Winner)
		if w.decisions == nil {
			continue
		}
		at := w.photos.first[person] + x
		w.decisions[at] = Prediction{
			Person: w.o.Persons[person].ID, Photo: w.photos.files[at], Prompt: w.o.Prompts[w.prompt],
			Winner: w.names.Names[v.Winner], TrueSimilarity: v.Own, BestDecoy: v.BestDecoy, Rank: v.Rank,
		}
	}
}
