package auditor

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"rollcall/auditor/similarity"
)

const (
	leastChunk = 16  // persons that one goroutine takes at a time
	mostChunks = 128 // chunks in a pass; sums by chunk are kept, so that they don't depend on workers
)

// evidence is what remains of the similarities of one model: decisions and means.
type evidence struct {
	winners []Winners           // by person
	own     []float64           // mean similarity of the true name, by person; the means are over photos and prompts
	guest   [pairings][]float64 // mean similarity of a guest name, by pairing and person
	decoys  [][]float64         // mean similarity of each decoy, by person
	total   []float64           // sum over persons of their mean similarity, by candidate
	prior   []float64           // how far each name's texts stand from the others, by candidate
}

// pass goes through all photos, prompts and names of one model. Text embeddings are there for one
// prompt and similarities for one block of photos at a time.
type pass struct {
	o         Options
	model     Model
	names     Candidates
	photos    *gallery
	prepared  *similarity.Photos
	means     []float32 // mean photo of each person, a row a person
	own       []int     // candidate index of the true name, by photo
	decoys    similarity.Set
	guests    [pairings][]int // person whose name each person's photos are tried with; -1: none
	chunk     int             // persons a chunk
	evidence  evidence
	perChunk  [][]float64 // evidence.total in the making, by chunk of persons
	decisions []Prediction
}

func newPass(o Options, m Model, names Candidates, photos *gallery) *pass {
	n := len(o.Persons)
	p := &pass{o: o, model: m, names: names, photos: photos}
	p.chunk = max(leastChunk, (n+mostChunks-1)/mostChunks)
	p.evidence = evidence{
		winners: make([]Winners, n), own: make([]float64, n),
		decoys: make([][]float64, n), total: make([]float64, len(names.Names)), prior: make([]float64, len(names.Names)),
	}
	for pairing := range pairings {
		p.guests[pairing] = guests(o.Persons, photos, pairing)
		p.evidence.guest[pairing] = make([]float64, n)
	}
	for i := range n {
		p.evidence.winners[i] = Winners{len(o.Prompts), make([]int32, photos.photos(i)*len(o.Prompts))}
		p.evidence.decoys[i] = make([]float64, len(names.Decoys))
		for range photos.photos(i) {
			p.own = append(p.own, names.Person[i])
		}
	}
	p.prepared, p.means = similarity.NewPhotos(photos.vectors, photos.dim), photos.means()
	p.decoys = similarity.NewSet(len(names.Names), names.Decoys)
	p.perChunk = make([][]float64, (n+p.chunk-1)/p.chunk)
	for i := range p.perChunk {
		p.perChunk[i] = make([]float64, len(names.Names))
	}
	if o.Predictions != nil {
		p.decisions = make([]Prediction, len(photos.files))
	}
	return p
}

// runPasses takes prompt by prompt through passes of one model over different photos, so that every
// text is encoded once.
func runPasses(ctx context.Context, texts textSource, passes []*pass) error {
	first := passes[0]
	for i, template := range first.o.Prompts {
		vectors, err := texts.prompt(ctx, template, first.names.Names, first.photos.dim)
		if err != nil {
			return err
		}
		if err := runPrompt(ctx, i, vectors, passes); err != nil {
			return err
		}
		first.o.Progress(Progress{Model: first.model.Name, Stage: "prompts", Done: i + 1, Total: len(first.o.Prompts)})
	}
	for _, p := range passes {
		for _, chunk := range p.perChunk {
			for n, s := range chunk {
				p.evidence.total[n] += s
			}
		}
	}
	return nil
}

// runPrompt takes one prompt's texts through the passes.
func runPrompt(ctx context.Context, prompt int, vectors [][]float32, passes []*pass) error {
	var names promptNames
	group := errgroup.Group{}
	group.Go(func() (err error) {
		names, err = packNames(passes[0].model, vectors)
		return err
	})
	group.Go(func() error {
		for _, p := range passes {
			addPrior(p.evidence.prior, vectors, len(p.o.Prompts))
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	for _, p := range passes {
		if err := p.prompt(ctx, prompt, names); err != nil {
			return err
		}
		if p.decisions == nil {
			continue
		}
		if err := p.o.Predictions.Predictions(p.model.Name, p.decisions); err != nil {
			return err
		}
	}
	return nil
}

// prompt decides all photos by one prompt, chunks of persons in parallel.
func (p *pass) prompt(ctx context.Context, prompt int, names promptNames) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range min(p.o.Workers, len(p.perChunk)) {
		group.Go(func() error {
			w := worker{pass: p, prompt: prompt, comparer: names.comparer(p)}
			for {
				chunk := int(next.Add(1)) - 1
				if chunk >= len(p.perChunk) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := w.chunk(ctx, chunk); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}
