package auditor

import (
	"context"
	"math"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"rollcall/auditor/similarity"
)

const (
	leastChunk  = 8   // persons that one goroutine takes at a time
	mostChunks  = 128 // chunks in a pass; sums by chunk are kept, so that they don't depend on workers
	blockPhotos = 64  // photos whose similarities are in memory at a time
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
	}
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
		packed, err := similarity.Pack(vectors)
		if err != nil {
			return err
		}
		for _, p := range passes {
			addPrior(p.evidence.prior, vectors, len(p.o.Prompts))
			if err := p.prompt(ctx, i, packed); err != nil {
				return err
			}
			if p.decisions == nil {
				continue
			}
			if err := p.o.Predictions.Predictions(p.model.Name, p.decisions); err != nil {
				return err
			}
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

// prompt decides all photos by one prompt, chunks of persons in parallel.
func (p *pass) prompt(ctx context.Context, prompt int, packed *similarity.Names) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range p.o.Workers {
		group.Go(func() error {
			w := worker{
				pass: p, prompt: prompt, packed: packed,
				out:  make([]float32, blockPhotos*packed.Stride()),
				sums: make([]float64, len(p.names.Names)),
			}
			for {
				chunk := int(next.Add(1)) - 1
				if chunk >= len(p.perChunk) {
					return nil
				}
				for person := chunk * p.chunk; person < min((chunk+1)*p.chunk, len(p.o.Persons)); person++ {
					if err := ctx.Err(); err != nil {
						return err
					}
					w.person(person, p.perChunk[chunk])
				}
			}
		})
	}
	return group.Wait()
}

// worker is one goroutine's scratch space for one prompt.
type worker struct {
	*pass
	prompt int
	packed *similarity.Names
	out    []float32 // similarities of a block
	sums   []float64 // similarities of one person's photos, summed by candidate
}

// person decides one person's photos and adds up their similarities.
func (w *worker) person(person int, total []float64) {
	rows, dim, stride := w.photos.of(person), w.photos.dim, w.packed.Stride()
	count := w.photos.photos(person)
	if count == 0 {
		return
	}
	clear(w.sums)
	for first := 0; first < count; first += blockPhotos {
		last := min(first+blockPhotos, count)
		w.packed.Multiply(rows[first*dim:last*dim], w.out)
		for x := first; x < last; x++ {
			row := w.out[(x-first)*stride:][:len(w.sums)]
			winner := Argmax(row)
			w.evidence.winners[person].Names[x*len(w.o.Prompts)+w.prompt] = int32(winner)
			for n, s := range row {
				w.sums[n] += float64(s)
			}
			if w.decisions != nil {
				w.decide(person, x, winner, row)
			}
		}
	}
	w.add(person, float64(count*len(w.o.Prompts)), total)
}

// add turns the person's sums into shares of the means.
func (w *worker) add(person int, count float64, total []float64) {
	e := &w.evidence
	e.own[person] += w.sums[w.names.Person[person]] / count
	for d, n := range w.names.Decoys {
		e.decoys[person][d] += w.sums[n] / count
	}
	for pairing := range pairings {
		if g := w.guests[pairing][person]; g >= 0 {
			e.guest[pairing][person] += w.sums[w.names.Person[g]] / count
		}
	}
	for n, s := range w.sums {
		total[n] += s / count
	}
}

// decide records one decision for the prediction sink.
func (w *worker) decide(person, x, winner int, row []float32) {
	at := w.photos.first[person] + x
	own := row[w.names.Person[person]]
	best, rank := float32(math.Inf(-1)), 1
	for _, n := range w.names.Decoys {
		best = max(best, row[n])
		if row[n] >= own {
			rank++
		}
	}
	if len(w.names.Decoys) == 0 {
		best = float32(math.NaN())
	}
	w.decisions[at] = Prediction{
		Person: w.o.Persons[person].ID, Photo: w.photos.files[at], Prompt: w.o.Prompts[w.prompt],
		Winner: w.names.Names[winner], TrueSimilarity: own, BestDecoy: best, Rank: rank,
	}
}
