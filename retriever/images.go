package retriever

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// maxImageHits is the default of ImageOptions.MaxHits: 512 MiB.
const maxImageHits = 1 << 25

// References are one person's reference photos as unit vectors, nil where a photo was not usable.
type References struct {
	Person  string // its id, for messages; "" is the number of the person in the roster
	Vectors [][]float32
	NoFace  int // of faces: photos that were read and show none; nil is among Vectors for each
}

// who names person i, who counts from 0, in messages.
func (r *References) who(i int) string {
	if r.Person != "" {
		return r.Person
	}
	return fmt.Sprintf("person %d", i+1)
}

// ImageOptions says how to count images. The zero value is usable.
type ImageOptions struct {
	Modality Modality // which vectors of the rows the photos are compared with; "" is Image

	// MaxHits bounds the hits in memory, 16 bytes each. 0 is 1<<25. More is an error: a count is
	// never cut short.
	MaxHits int

	// Vectors, when set, gives the stored vectors, so that near-duplicates among a person's rows are
	// grouped (NearDuplicates above NearDuplicateCosine).
	Vectors VectorSource

	// Hasher, when set as well, hashes the images, so that near-duplicates are also found by perceptual
	// hashes (NearHash).
	Hasher *Hasher

	// Evidence, when set, gets every counted row once the count is done: persons in order, each
	// one's rows in order. Its error ends the count.
	Evidence func(ImageHit) error
}

// ImageHit is one row whose image is close to one person's photos.
type ImageHit struct {
	Person    int     // index in Roster.Persons
	Row       int64   // the row's ID
	Reference int     // the closest photo, index in References.Vectors; the first of equals
	Score     float32 // its cosine

	// Group is the first of the person's rows that are near-duplicates of this one, itself when
	// there is none; nil when duplicates were not looked for.
	Group *int64

	Hash *PictureHash // of the row's image; nil when duplicates were not looked for or the image is not at hand
}

// ImageCounts is what CountImages found. Every count is exact.
type ImageCounts struct {
	Threshold float32 // cosine from which a row counts
	Persons   []PersonImages
	Warnings  []string
}

// PersonImages counts the rows whose image is close to at least one of a person's photos.
type PersonImages struct {
	Rows     *int64  // nil, not measured, for a person without a usable photo
	Groups   *Groups // those rows with near-duplicates taken together; nil, not measured, beyond MaxGrouped rows
	Photos   int     // photos that were compared
	Unusable int     // photos that could not be
}

// CountImages counts for each person the rows whose cosine with at least one reference photo is at
// least threshold; a row counts once however many photos it is close to. refs go with
// Roster.Persons. All photos are compared in one pass over the index. Memory follows the hits.
func CountImages(ctx context.Context, counter Counter, refs []References, threshold float32, o ImageOptions) (*ImageCounts, error) {
	t, err := newImageTally("images", refs, threshold, o)
	if err != nil {
		return nil, fmt.Errorf("counting images: %w", err)
	}
	if len(t.queries) > 0 {
		err := counter.Range(ctx, cmp.Or(o.Modality, Image), t.queries, threshold, t.add)
		if err != nil {
			return nil, fmt.Errorf("counting images: %w", err)
		}
	}
	if err := t.finish(ctx, o); err != nil {
		return nil, fmt.Errorf("counting images: %w", err)
	}
	return &t.result, nil
}

// imageTally gathers the hits of all photos.
type imageTally struct {
	kind    string // what is counted: images or faces
	refs    []References
	queries [][]float32
	owner   []photo // of each query
	sets    []hitSet
	held    int // hits in all sets
	limit   int
	result  ImageCounts
}

type photo struct{ person, reference int }

func newImageTally(kind string, refs []References, threshold float32, o ImageOptions) (*imageTally, error) {
	if !(threshold >= -1 && threshold <= 1) {
		return nil, fmt.Errorf("threshold %v is no cosine; use a number from -1 to 1", threshold)
	}
	if o.MaxHits < 0 {
		return nil, errors.New("MaxHits cannot be negative")
	}
	t := &imageTally{
		kind:   kind,
		refs:   refs,
		sets:   make([]hitSet, len(refs)),
		limit:  cmp.Or(o.MaxHits, maxImageHits),
		result: ImageCounts{Threshold: threshold, Persons: make([]PersonImages, len(refs))},
	}
	for i, r := range refs {
		p := &t.result.Persons[i]
		for k, v := range r.Vectors {
			if v == nil {
				p.Unusable++
				continue
			}
			if !finite(v) {
				return nil, fmt.Errorf("the vector of %s's photo %d is empty, all zero, or not finite; "+
					"leave photos out that the model cannot embed", r.who(i), k+1)
			}
			p.Photos++
			t.queries = append(t.queries, v)
			t.owner = append(t.owner, photo{i, k})
		}
	}
	return t, nil
}

func (t *imageTally) add(query int, h Hit) error {
	o := t.owner[query]
	t.held += t.sets[o.person].add(rowHit{h.ID, h.Score, int32(o.reference)})
	if t.held > t.limit {
		return fmt.Errorf("more than %d hits at threshold %v; raise the threshold or count fewer persons at a time",
			t.limit, t.result.Threshold)
	}
	return nil
}

// finish counts each set, groups near-duplicates and gives the evidence.
func (t *imageTally) finish(ctx context.Context, o ImageOptions) error {
	for i := range t.sets {
		t.sets[i].merge()
	}
	hashes, err := t.hash(ctx, o)
	if err != nil {
		return err
	}
	for i := range t.sets {
		p := &t.result.Persons[i]
		if p.Photos == 0 {
			t.result.Warnings = append(t.result.Warnings, fmt.Sprintf(
				"%s of %s were not counted: none of the %d photos is usable", t.kind, t.refs[i].who(i), p.Unusable))
			continue
		}
		hits := t.sets[i].hits
		n := int64(len(hits))
		p.Rows = &n
		groups, err := t.group(ctx, i, hashes, o)
		if err != nil {
			return err
		}
		if o.Evidence == nil {
			continue
		}
		for k, h := range hits {
			if err := ctx.Err(); err != nil {
				return err
			}
			hit := ImageHit{Person: i, Row: h.row, Reference: int(h.reference), Score: h.score}
			if groups != nil {
				hit.Group, hit.Hash = &hits[groups.first[k]].row, groups.hashes[k]
			}
			if err := o.Evidence(hit); err != nil {
				return err
			}
		}
	}
	return nil
}

// rowHit is a hit of one photo.
type rowHit struct {
	row       int64
	score     float32
	reference int32
}

// hitSet holds one person's hits, at most about twice as many as there are rows among them.
type hitSet struct {
	hits   []rowHit
	merged int // hits when last merged
}

// add gives how many hits more are held after it.
func (s *hitSet) add(h rowHit) int {
	before := len(s.hits)
	s.hits = append(s.hits, h)
	if len(s.hits) > 2*s.merged+1024 {
		s.merge()
	}
	return len(s.hits) - before
}

// merge keeps for each row the best hit, in the order of rows.
func (s *hitSet) merge() {
	slices.SortFunc(s.hits, func(a, b rowHit) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(b.score, a.score), cmp.Compare(a.reference, b.reference))
	})
	s.hits = slices.CompactFunc(s.hits, func(a, b rowHit) bool { return a.row == b.row })
	s.merged = len(s.hits)
}
