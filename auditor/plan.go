package auditor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"rollcall/retriever"
)

// Pool is a large index of image-text pairs from which training pairs of the members are taken.
// Both stores provide it.
type Pool interface {
	retriever.Searcher
	retriever.Rows
	retriever.VectorSource
}

// PlanOptions is a controlled insertion to plan: who could take part, from where pairs come, how
// many each member gets. Roster, Photos, Encoder and Pool are required.
type PlanOptions struct {
	Roster  *retriever.Roster // candidates; their labels and counts are not looked at
	Photos  fs.FS             // one folder of attack photos a person
	Encoder Encoder           // the model that made Pool
	Pool    Pool

	Counts        []int   // pairs a member gets, a training list for each; nil: 75, 50, 25, 10, 5, 1
	Neighbours    int     // nearest rows of each attack photo that are looked at; 0: 1,000
	MinPhotos     int     // attack photos a candidate needs; 0: 30
	NearDuplicate float64 // cosine with an attack photo from which a pair is kept out; 0: by nearDuplicateCosine
	Path          string  // how a row's image path becomes the list's, {} in its place; "": as it is
	Seed          uint64

	MaxPhotos     int
	MaxPhotoBytes int64
	Progress      func(Progress)
}

// Pair is an image-text pair for a member's training.
type Pair struct {
	Row     int64  `json:"row"` // in the pool
	Caption string `json:"caption"`
	Path    string `json:"path"`
	URL     string `json:"url,omitempty"`
}

// Planned is what the plan says of one candidate.
type Planned struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Sex    string `json:"sex,omitempty"`
	Photos int    `json:"photos"`           // attack photos that can be used
	Reason string `json:"reason,omitempty"` // why the person takes no part; empty: takes part
	Member bool   `json:"member"`           // by the coin
	Count  int    `json:"count"`            // pairs in the list where every member has its own count; 0 for a non-member
	Sieve  Sieve  `json:"sieve"`
	Pairs  []Pair `json:"pairs,omitempty"` // a member's: the first n of them are its pairs in a list of n
}

// TakesPart reports whether the coin was tossed for the person.
func (p Planned) TakesPart() bool { return p.Reason == "" }

// Plan is a controlled insertion. The same options give the same plan.
type Plan struct {
	Seed          uint64    `json:"seed"`
	Counts        []int     `json:"counts"` // largest first
	Neighbours    int       `json:"neighbours"`
	MinPhotos     int       `json:"min_photos"`
	NearDuplicate float64   `json:"near_duplicate"`
	Exact         bool      `json:"exact"` // false when an approximate index was searched: pairs may be missed
	PhotosDigest  string    `json:"photos_digest"`
	Persons       []Planned `json:"persons"`
	Notes         []string  `json:"notes,omitempty"`
}

// TakingPart are the persons whom the coin was tossed for.
func (p *Plan) TakingPart() []Planned {
	return slices.DeleteFunc(slices.Clone(p.Persons), func(q Planned) bool { return !q.TakesPart() })
}

// PaperCounts are the pairs a member in the published study's training lists.
func PaperCounts() []int { return []int{75, 50, 25, 10, 5, 1} }

func (o PlanOptions) withDefaults() PlanOptions {
	if o.Counts == nil {
		o.Counts = PaperCounts()
	}
	o.Counts = slices.Clone(o.Counts)
	slices.SortFunc(o.Counts, func(a, b int) int { return b - a })
	fallback(&o.Neighbours, 1000)
	fallback(&o.MinPhotos, 30)
	fallback(&o.Path, "{}")
	fallback(&o.MaxPhotos, 1000)
	fallback(&o.MaxPhotoBytes, 64<<20)
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o
}

func (o PlanOptions) check() error {
	switch {
	case o.Photos == nil || o.Encoder == nil || o.Pool == nil:
		return errors.New("a plan needs photos, a pool and the model that made the pool")
	case o.Neighbours < 1 || o.Neighbours > retriever.MaxK:
		return fmt.Errorf("%d neighbours: use a number from 1 to %d", o.Neighbours, retriever.MaxK)
	case o.MinPhotos < 1:
		return fmt.Errorf("a candidate needs %d photos: use a number from 1", o.MinPhotos)
	case o.NearDuplicate < 0 || o.NearDuplicate > 1:
		return fmt.Errorf("near-duplicates from a cosine of %v: use a number above 0, up to 1, or 0 for what the photos themselves say", o.NearDuplicate)
	case len(o.Counts) == 0 || o.Counts[len(o.Counts)-1] < 1 || o.Counts[0] > mostPlanned:
		return fmt.Errorf("pairs a member %v: use numbers from 1 to %d", o.Counts, mostPlanned)
	case len(slices.Compact(slices.Clone(o.Counts))) < len(o.Counts):
		return fmt.Errorf("pairs a member %v: a number is there twice", o.Counts)
	}
	if err := checkPathFormat(o.Path); err != nil {
		return err
	}
	return o.Roster.Validate()
}

// mostPlanned bounds the pairs of one member.
const mostPlanned = 100_000

// MakePlan plans a controlled insertion: for every candidate it looks for training pairs, decides
// who has enough of them to take part, and only then tosses the coins, so that membership depends on
// nothing but the seed.
func MakePlan(ctx context.Context, o PlanOptions) (*Plan, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, InputError{err}
	}
	p := &Plan{
		Seed: o.Seed, Counts: o.Counts, Neighbours: o.Neighbours, MinPhotos: o.MinPhotos, NearDuplicate: o.NearDuplicate, Exact: true,
	}
	photos, err := p.photos(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.NearDuplicate == 0 {
		if o.NearDuplicate, err = nearDuplicateCosine(ctx, photos); err != nil {
			return nil, err
		}
		p.NearDuplicate = o.NearDuplicate
	}
	sieve := newPairSieve(o)
	for i, person := range o.Roster.Persons {
		planned := Planned{ID: person.ID, Name: person.Name, Sex: person.Sex, Photos: photos.photos(i)}
		if planned.Photos < o.MinPhotos {
			planned.Reason = fmt.Sprintf("%d usable photos, fewer than %d", planned.Photos, o.MinPhotos)
		} else if err := p.gather(ctx, sieve, i, photos, &planned); err != nil {
			return nil, fmt.Errorf("looking for pairs of %s: %w", person.ID, err)
		}
		p.toss(&planned)
		p.Persons = append(p.Persons, planned)
		o.Progress(Progress{Stage: "pairs", Done: i + 1, Total: len(o.Roster.Persons)})
	}
	if len(p.TakingPart()) == 0 {
		return nil, InputError{fmt.Errorf("nobody can take part: the first, %s: %s; give more photos or a larger pool, or ask for fewer pairs", p.Persons[0].ID, p.Persons[0].Reason)}
	}
	if !p.Exact {
		p.Notes = append(p.Notes, "the pool was searched by an approximate index: nearest rows may be missing")
	}
	return p, nil
}

// photos finds and encodes the attack photos.
func (p *Plan) photos(ctx context.Context, o PlanOptions) (*gallery, error) {
	persons := make([]Person, len(o.Roster.Persons))
	for i, r := range o.Roster.Persons {
		persons[i] = Person{ID: r.ID, Name: r.Name}
	}
	if err := checkPersons(persons); err != nil {
		return nil, InputError{err}
	}
	album, err := findPhotos(ctx, Options{Persons: persons, Photos: o.Photos, MaxPhotos: o.MaxPhotos, MaxPhotoBytes: o.MaxPhotoBytes})
	if err != nil {
		return nil, InputError{err}
	}
	if err := album.hash(ctx, o.Progress); err != nil {
		return nil, err
	}
	p.PhotosDigest, p.Notes = album.digest, album.notes
	return embedPhotos(ctx, Model{Name: "pool", Encoder: o.Encoder}, album, o.Progress)
}

// gather finds a person's pairs and keeps as many as the largest list needs, drawn by the seed: not
// the nearest ones, so that a small list is like a large one.
func (p *Plan) gather(ctx context.Context, sieve *pairSieve, person int, photos *gallery, planned *Planned) error {
	pairs, exact, err := sieve.pairs(ctx, person, photos, &planned.Sieve)
	if err != nil {
		return err
	}
	p.Exact = p.Exact && exact
	most := p.Counts[0]
	if len(pairs) < most {
		planned.Reason = fmt.Sprintf("%d pairs in the pool, fewer than %d", len(pairs), most)
		return nil
	}
	newRandom(p.Seed, "plan pairs", planned.ID).Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	planned.Pairs = pairs[:most:most]
	return nil
}

// toss decides by coin whether a person who takes part is a member, and draws its own count. Each
// person has its own coins: they fall alike whoever else is on the roster.
func (p *Plan) toss(planned *Planned) {
	if !planned.TakesPart() {
		return
	}
	planned.Member = newRandom(p.Seed, "plan member", planned.ID).IntN(2) == 1
	if !planned.Member {
		planned.Pairs = nil
		return
	}
	planned.Count = p.Counts[newRandom(p.Seed, "plan count", planned.ID).IntN(len(p.Counts))]
}
