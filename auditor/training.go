package auditor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"rollcall/retriever"
)

// Training is the images that a model was trained on, as an index, to find attack photos that are
// nearly among them: such a photo shows that a picture is known, not a face.
type Training struct {
	Name      string             // of the index
	Digest    string             // of the model that made it
	Encoder   Encoder            // that model
	Index     retriever.Searcher // image vectors
	Threshold float64            // cosine from which two images are near-duplicates; 0: by nearDuplicateCosine
}

// NearDuplicate is an attack photo that is nearly among the training images.
type NearDuplicate struct {
	ID         string  `json:"id"`    // the person
	Photo      string  `json:"photo"` // path below the photo folder
	Row        int64   `json:"row"`   // of the nearest training image in the index
	Similarity float64 `json:"similarity"`
}

// Compared says how photos were compared with training images.
type Compared struct {
	Index     string  `json:"index"`
	Digest    string  `json:"digest"` // of the model that made the index
	Threshold float64 `json:"threshold"`
	Photos    int     `json:"photos"`  // compared
	Found     int     `json:"found"`   // near-duplicates
	Persons   int     `json:"persons"` // who have any
	Nearest   float64 `json:"nearest"` // largest cosine below the threshold
	Exact     bool    `json:"exact"`   // false when an approximate index answered: some may be missed

	// FromPhotos: nobody chose the threshold, it follows how near photos under audit lie to each other.
	FromPhotos bool `json:"from_photos,omitempty"`
}

// nearestBatch is how many photos are looked for in one pass over the index.
const nearestBatch = 1024

func (t *Training) check() error {
	if t == nil {
		return nil
	}
	if t.Encoder == nil || t.Index == nil {
		return errors.New("a training index needs the model that made it")
	}
	if t.Threshold < 0 || t.Threshold > 1 {
		return fmt.Errorf("near-duplicates from a cosine of %v: use a number from 0 to 1", t.Threshold)
	}
	return nil
}

// duplicates are the photos to leave out, by path.
type duplicates struct {
	found    []NearDuplicate
	left     map[string]bool
	compared Compared
	photos   *gallery // under the model that made the index
}

// findDuplicates compares every photo with its nearest training image.
func findDuplicates(ctx context.Context, o Options, a *album) (*duplicates, error) {
	t := o.Training
	model := Model{Name: "training index", Digest: t.Digest, Encoder: t.Encoder}
	photos, err := embedPhotos(ctx, model, a, o.Progress)
	if err != nil {
		return nil, err
	}
	d := &duplicates{left: map[string]bool{}, photos: photos}
	d.compared = Compared{Index: t.Name, Digest: t.Digest, Threshold: t.Threshold, Photos: len(photos.files), Nearest: -1, Exact: true}
	if d.compared.Threshold == 0 {
		d.compared.FromPhotos = true
		if d.compared.Threshold, err = nearDuplicateCosine(ctx, photos); err != nil {
			return nil, err
		}
	}
	owner := photos.owners()
	for at := 0; at < len(photos.files); at += nearestBatch {
		last := min(at+nearestBatch, len(photos.files))
		queries := slices.Collect(slices.Chunk(photos.vectors[at*photos.dim:last*photos.dim], photos.dim))
		hits, exact, err := t.Index.TopK(ctx, retriever.Image, queries, 1)
		if err != nil {
			return nil, fmt.Errorf("comparing photos with the training index %s: %w", t.Name, err)
		}
		d.compared.Exact = d.compared.Exact && exact
		for i, nearest := range hits {
			if len(nearest) > 0 {
				d.take(o.Persons[owner[at+i]].ID, photos.files[at+i], nearest[0])
			}
		}
		o.Progress(Progress{Model: t.Name, Stage: "near-duplicates", Done: last, Total: len(photos.files)})
	}
	return d, nil
}

// take notes a photo's nearest training image.
func (d *duplicates) take(id, file string, nearest retriever.Hit) {
	similarity := float64(nearest.Score)
	if similarity < d.compared.Threshold {
		d.compared.Nearest = math.Max(d.compared.Nearest, similarity)
		return
	}
	if n := len(d.found); n == 0 || d.found[n-1].ID != id {
		d.compared.Persons++
	}
	d.compared.Found++
	d.left[file] = true
	d.found = append(d.found, NearDuplicate{id, file, nearest.ID, similarity})
}

// owners gives the person of every row.
func (g *gallery) owners() []int {
	out := make([]int, 0, len(g.files))
	for person := range len(g.first) - 1 {
		for range g.photos(person) {
			out = append(out, person)
		}
	}
	return out
}

// without is the gallery without some files.
func (g *gallery) without(files map[string]bool) *gallery {
	rest := &gallery{dim: g.dim, first: make([]int, 1, len(g.first)), lost: g.lost}
	for person := range len(g.first) - 1 {
		for at := g.first[person]; at < g.first[person+1]; at++ {
			if !files[g.files[at]] {
				rest.files = append(rest.files, g.files[at])
				rest.vectors = append(rest.vectors, g.vectors[at*g.dim:(at+1)*g.dim]...)
			}
		}
		rest.closePersons(person + 1)
	}
	return rest
}
