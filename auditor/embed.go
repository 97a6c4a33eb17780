package auditor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
)

const (
	photoBatch      = 64
	photoBatchBytes = 128 << 20
	unitSlack       = 1e-2 // how far from 1 a "unit" vector's length may be: int8 models round
)

// gallery is the embeddings of all usable photos under one model, person by person.
type gallery struct {
	dim     int
	vectors []float32 // one row a photo
	files   []string  // path of each row
	first   []int     // person i's rows are first[i] to first[i+1]
	lost    []lostPhoto
}

// lostPhoto is a photo that could not be used.
type lostPhoto struct {
	person int
	file   string
	reason error
}

// of gives a person's rows.
func (g *gallery) of(person int) []float32 {
	return g.vectors[g.first[person]*g.dim : g.first[person+1]*g.dim]
}

// photos is how many usable photos a person has.
func (g *gallery) photos(person int) int { return g.first[person+1] - g.first[person] }

// means are the mean photos, a row a person, zeros for a person without any.
func (g *gallery) means() []float32 {
	out := make([]float32, (len(g.first)-1)*g.dim)
	sums := make([]float64, g.dim)
	for person := range len(g.first) - 1 {
		clear(sums)
		for photo := range slices.Chunk(g.of(person), g.dim) {
			for k, x := range photo {
				sums[k] += float64(x)
			}
		}
		if n := g.photos(person); n > 0 {
			for k, sum := range sums {
				out[person*g.dim+k] = float32(sum / float64(n))
			}
		}
	}
	return out
}

// shot is a photo on its way to the encoder.
type shot struct {
	person int
	file   string
	data   []byte
	err    error // it could not be read
}

// embedPhotos reads and encodes every photo once, reading ahead by a batch. Photos that cannot be
// used are listed as lost.
func embedPhotos(ctx context.Context, m Model, a *album, progress func(Progress)) (*gallery, error) {
	g := &gallery{first: make([]int, 1, len(a.files)+1)}
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []shot, 1)
	group.Go(func() error {
		defer close(batches)
		return a.readBatches(ctx, batches)
	})
	group.Go(func() error {
		done := 0
		for batch := range batches {
			if err := g.add(ctx, m, batch); err != nil {
				return err
			}
			done += len(batch)
			progress(Progress{Model: m.Name, Stage: "photos", Done: done, Total: a.total(), Failed: len(g.lost)})
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	g.closePersons(len(a.files))
	return g, nil
}

// readBatches sends photos in order, in batches whose bounds depend on the files alone.
func (a *album) readBatches(ctx context.Context, batches chan<- []shot) error {
	var batch []shot
	size := 0
	send := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case batches <- batch:
			batch, size = nil, 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for person, files := range a.files {
		for _, file := range files {
			data, err := a.read(file)
			batch = append(batch, shot{person, file, data, err})
			size += len(data)
			if len(batch) == photoBatch || size >= photoBatchBytes {
				if err := send(); err != nil {
					return err
				}
			}
		}
	}
	return send()
}

// add encodes a batch and appends its usable photos.
func (g *gallery) add(ctx context.Context, m Model, batch []shot) error {
	var images [][]byte
	for _, s := range batch {
		if s.err == nil {
			images = append(images, s.data)
		}
	}
	vectors, failed, err := encodeImages(ctx, m, images)
	if err != nil {
		return err
	}
	next := 0
	for _, s := range batch {
		g.closePersons(s.person)
		why := s.err
		if why == nil {
			why = failed[next]
			if why == nil {
				why = g.keep(s.file, vectors[next])
			}
			next++
		}
		if why != nil {
			g.lost = append(g.lost, lostPhoto{s.person, s.file, why})
		}
	}
	return nil
}

// closePersons ends the rows of all persons before the given one.
func (g *gallery) closePersons(person int) {
	for len(g.first) <= person {
		g.first = append(g.first, len(g.files))
	}
}

// keep appends one embedding, or says why it cannot be used.
func (g *gallery) keep(file string, v []float32) error {
	if err := checkVector(v, g.dim); err != nil {
		return err
	}
	g.dim = len(v)
	g.vectors = append(g.vectors, v...)
	g.files = append(g.files, file)
	return nil
}

func encodeImages(ctx context.Context, m Model, images [][]byte) ([][]float32, []error, error) {
	if len(images) == 0 {
		return nil, nil, ctx.Err()
	}
	vectors, failed, err := m.Encoder.EncodeImages(ctx, images)
	if err != nil {
		return nil, nil, fmt.Errorf("model %s failed on photos: %w", m.Name, err)
	}
	if failed == nil {
		failed = make([]error, len(images))
	}
	if len(vectors) != len(images) || len(failed) != len(images) {
		return nil, nil, fmt.Errorf("model %s returned %d vectors and %d results for %d photos", m.Name, len(vectors), len(failed), len(images))
	}
	return vectors, failed, nil
}

// checkVector refuses an embedding that decisions could not rest on. dim 0 takes any length.
func checkVector(v []float32, dim int) error {
	if len(v) == 0 || (dim != 0 && len(v) != dim) {
		return fmt.Errorf("the embedding has %d dimensions, want %d", len(v), dim)
	}
	square := 0.0
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if math.IsNaN(square) || math.IsInf(square, 0) {
		return errors.New("the embedding is not finite")
	}
	if math.Abs(math.Sqrt(square)-1) > unitSlack {
		return fmt.Errorf("the embedding has length %.4f, want 1: the encoder must normalise", math.Sqrt(square))
	}
	return nil
}
