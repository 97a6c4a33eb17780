package auditor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"rollcall/retriever"
)

// Sieve counts what became of the rows found for one person: Found is the sum of all others and of
// the pairs that remain.
type Sieve struct {
	Found          int `json:"found"`           // rows among the nearest of any attack photo
	Unusable       int `json:"unusable"`        // erased, or without an image path
	NotNamed       int `json:"not_named"`       // whose caption lacks the person's name
	OthersNamed    int `json:"others_named"`    // whose caption names somebody else on the roster too
	NearDuplicates int `json:"near_duplicates"` // of an attack photo of the person
	Repeated       int `json:"repeated"`        // with a URL or caption that the person has already
	Remaining      int `json:"remaining"`       // pairs
}

// pairSieve finds the pairs that a person could be trained with.
type pairSieve struct {
	o     PlanOptions
	names [][]string // folded names and aliases, by person
}

func newPairSieve(o PlanOptions) *pairSieve {
	s := &pairSieve{o: o}
	for _, p := range o.Roster.Persons {
		names := []string{foldCaption(p.Name)}
		for _, alias := range p.Aliases {
			names = append(names, foldCaption(alias))
		}
		s.names = append(s.names, names)
	}
	return s
}

// foldCaption makes captions and names comparable without regard to case and spacing.
func foldCaption(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(text, "_", " ")), " "))
}

// rowBatch is how many rows are read from the pool at a time.
const rowBatch = 2048

// pairs are the usable rows among the nearest to a person's attack photos, by row number.
func (s *pairSieve) pairs(ctx context.Context, person int, photos *gallery, counts *Sieve) (pairs []Pair, exact bool, err error) {
	queries := slices.Collect(slices.Chunk(photos.of(person), photos.dim))
	hits, exact, err := s.o.Pool.TopK(ctx, retriever.Image, queries, s.o.Neighbours)
	if err != nil {
		return nil, false, err
	}
	found := map[int64]bool{}
	for _, list := range hits {
		for _, hit := range list {
			found[hit.ID] = true
		}
	}
	counts.Found = len(found)
	seen := map[string]bool{}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(found)), rowBatch) {
		rows, err := s.o.Pool.Get(ctx, ids)
		if err != nil {
			return nil, false, err
		}
		vectors, err := s.o.Pool.Vectors(ctx, retriever.Image, ids)
		if err != nil {
			return nil, false, err
		}
		if len(rows) != len(ids) || len(vectors) != len(ids) {
			return nil, false, fmt.Errorf("the pool gave %d rows and %d vectors for %d ids", len(rows), len(vectors), len(ids))
		}
		for i, row := range rows {
			if s.sift(person, row, s.nearDuplicate(vectors[i], queries), seen, counts) {
				pairs = append(pairs, Pair{row.ID, oneLine(row.Caption), strings.ReplaceAll(s.o.Path, "{}", row.ImagePath), row.URL})
			}
		}
	}
	counts.Remaining = len(pairs)
	return pairs, exact, nil
}

// sift counts a row under the first reason against it; true when there is none.
func (s *pairSieve) sift(person int, row retriever.Row, near bool, seen map[string]bool, counts *Sieve) bool {
	caption := foldCaption(row.Caption)
	others := func() bool {
		for i, names := range s.names {
			if i != person && slices.ContainsFunc(names, func(n string) bool { return strings.Contains(caption, n) }) {
				return true
			}
		}
		return false
	}
	switch {
	case row.Erased || !usablePath(row.ImagePath) || !utf8.ValidString(row.Caption):
		counts.Unusable++
	case !strings.Contains(caption, s.names[person][0]):
		counts.NotNamed++
	case others():
		counts.OthersNamed++
	case near:
		counts.NearDuplicates++
	case seen["c"+caption] || row.URL != "" && seen["u"+row.URL]:
		counts.Repeated++
	default:
		seen["c"+caption], seen["u"+row.URL] = true, true
		return true
	}
	return false
}

// nearDuplicate reports whether a row's image is nearly one of the attack photos, which are unit
// vectors; a row's vector need not be.
func (s *pairSieve) nearDuplicate(row []float32, photos [][]float32) bool {
	square := 0.0
	for _, x := range row {
		square += float64(x) * float64(x)
	}
	limit := s.o.NearDuplicate
	for _, photo := range photos {
		dot := 0.0
		for i := range min(len(photo), len(row)) {
			dot += float64(photo[i]) * float64(row[i])
		}
		if dot > 0 && dot*dot >= limit*limit*square {
			return true
		}
	}
	return false
}

func usablePath(path string) bool {
	return path != "" && utf8.ValidString(path) && !strings.ContainsAny(path, "\t\r\n\"")
}

// oneLine makes a caption a cell of a list.
func oneLine(caption string) string { return strings.Join(strings.Fields(caption), " ") }

func checkPathFormat(format string) error {
	if strings.Count(format, "{}") != 1 || !usablePath(format) {
		return errors.New("the path of images in the lists: write the place of a row's image path once, as {}, as in images/{}.jpg")
	}
	return nil
}
