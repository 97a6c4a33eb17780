package milvus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"rollcall/indexer"
	"rollcall/retriever"
)

// staleness is how old Milvus may answer under bounded consistency: twice its default.
const staleness = 10 * time.Second

// Store answers from a published index. It stays with the generation it found until that is
// dropped, and then moves to the next one if the same model made it. It is safe for use by many
// goroutines.
type Store struct {
	client  *Client
	name    string
	moving  sync.Mutex
	current atomic.Pointer[generation]
	erasure atomic.Int64 // when this store last erased rows, Unix nanoseconds
}

// generation is the state of an index that a store reads.
type generation struct {
	label
	parts map[retriever.Modality]*part
}

// part is the collection of one modality.
type part struct {
	label
	collection string
	exact      bool
	kind       indexKind
	settings   map[string]int
	erased     atomic.Int64 // rows known to be erased; never more than there are
}

// live is the number of rows that a search can return.
func (p *part) live() int64 { return p.Rows - p.erased.Load() }

// Open opens the index that NAME_image and NAME_text are the aliases of, and brings it into
// Milvus's memory if it is not there.
func Open(ctx context.Context, client *Client, name string) (*Store, error) {
	s := &Store{client: client, name: name}
	g, err := s.resolve(ctx)
	if err != nil {
		return nil, err
	}
	s.current.Store(g)
	return s, nil
}

// Fingerprint is that of the index's manifest.
func (s *Store) Fingerprint() string { return s.current.Load().Fingerprint }

// Model is the model that embedded the index.
func (s *Store) Model() indexer.ModelInfo { return s.current.Load().Model }

// Generation is the published state that the store reads.
func (s *Store) Generation() string { return s.current.Load().Generation }

// Len is the number of rows, erased ones included. Publish proved it.
func (s *Store) Len(context.Context) (int64, error) { return s.current.Load().Rows, nil }

// resolve finds the generation that the aliases name. One that is dropped while it is being opened
// has a successor.
func (s *Store) resolve(ctx context.Context) (g *generation, err error) {
	for range 3 {
		g, err = s.named(ctx)
		if !hasCode(err, codeCollectionNotFound) {
			break
		}
	}
	return g, err
}

// named opens the collections that the aliases name at this moment.
func (s *Store) named(ctx context.Context) (*generation, error) {
	var found map[retriever.Modality]described
	err := s.client.eventually(ctx, "open index "+s.name, func(ctx context.Context) (err error) {
		found, err = s.aliases(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	g := &generation{parts: map[retriever.Modality]*part{}}
	for m, d := range found {
		p, err := s.client.openPart(ctx, d)
		if err != nil {
			return nil, err
		}
		g.label, g.parts[m] = d.label, p
	}
	return g, nil
}

// mixedError says that the aliases name two generations: a switch is under way.
type mixedError struct{ image, text label }

func (e *mixedError) Error() string {
	return fmt.Sprintf("its images are of generation %s, its texts of %s: publish the index again if this lasts", e.image.Generation, e.text.Generation)
}

// aliases looks both aliases up.
func (s *Store) aliases(ctx context.Context) (map[retriever.Modality]described, error) {
	found := map[retriever.Modality]described{}
	for _, m := range allModalities() {
		d, ok, err := s.client.describe(ctx, alias(s.name, m))
		if err != nil {
			return nil, err
		}
		if ok {
			found[m] = d
		}
	}
	image, hasImage := found[retriever.Image]
	text, hasText := found[retriever.Text]
	switch {
	case !hasImage && !hasText:
		return nil, errors.New("there is none of that name: publish it first")
	case hasImage && hasText && image.label.Generation != text.label.Generation:
		return nil, &mixedError{image.label, text.label}
	}
	return found, nil
}

// openPart makes a described collection ready for reading.
func (c *Client) openPart(ctx context.Context, d described) (*part, error) {
	p := &part{label: d.label, collection: d.collection}
	if d.loaded != d.label.Rows {
		return nil, c.fail("open collection "+d.collection, fmt.Errorf("%d of its %d rows are loaded: publish the index again", d.loaded, d.label.Rows))
	}
	var indexes []entity.Index
	err := c.eventually(ctx, "describe the index of "+d.collection, func(ctx context.Context) (err error) {
		indexes, err = c.sdk.DescribeIndex(ctx, d.collection, fieldVector)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(indexes) != 1 || string(indexes[0].IndexType()) != p.IndexType {
		return nil, c.fail("open collection "+d.collection, fmt.Errorf("its vectors are not indexed as %s, as they were when published: publish the index again", p.IndexType))
	}
	if p.kind, p.settings, err = indexOf(p.IndexType, p.Params); err != nil {
		return nil, c.fail("open collection "+d.collection, err)
	}
	p.exact = p.IndexType == flat
	if err := c.awaitLoaded(ctx, d.collection); err != nil {
		return nil, err
	}
	return p, c.eventually(ctx, "count the erased rows of "+d.collection, func(ctx context.Context) error {
		return c.countErased(ctx, p)
	})
}

// countErased brings a part's number of erased rows up to date. Milvus may know of too few while a
// node fails over, never of too many, and rows do not come back: so the highest figure stands, and
// a search is asked for too many rows rather than too few.
func (c *Client) countErased(ctx context.Context, p *part) error {
	n, err := c.count(ctx, p.collection, fieldErased+" == true")
	if err != nil {
		return err
	}
	for {
		known := p.erased.Load()
		if n <= known || p.erased.CompareAndSwap(known, n) {
			return nil
		}
	}
}

// part gives the collection of a modality.
func (g *generation) part(m retriever.Modality) (*part, error) {
	p, ok := g.parts[m]
	if !ok {
		return nil, fmt.Errorf("index %s has no %s embeddings", g.Name, m)
	}
	return p, nil
}

// any gives the collection that rows are read from: both have them.
func (g *generation) any() *part {
	if p, ok := g.parts[retriever.Image]; ok {
		return p
	}
	return g.parts[retriever.Text]
}

// pinned runs a whole operation on one generation. When that is dropped meanwhile, the store moves
// to the one that readers have been switched to, and the operation starts again unless begun says
// that its caller has seen a part of the answer.
func (s *Store) pinned(ctx context.Context, begun func() bool, operation func(ctx context.Context, g *generation) error) error {
	for range 3 {
		g := s.current.Load()
		err := operation(ctx, g)
		if !hasCode(err, codeCollectionNotFound) {
			return err
		}
		if err := s.move(ctx, g); err != nil {
			return err
		}
		if begun != nil && begun() {
			return fmt.Errorf("index %s was published anew meanwhile, the answer is void: ask again", s.name)
		}
	}
	return fmt.Errorf("index %s is published anew again and again: ask later", s.name)
}

// move leaves a generation that is gone.
func (s *Store) move(ctx context.Context, gone *generation) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.current.Load() != gone {
		return nil
	}
	next, err := s.resolve(ctx)
	if err != nil {
		return err
	}
	if next.Model.Digest != gone.Model.Digest || next.Dimension != gone.Dimension {
		return fmt.Errorf("index %s was published anew with model %s (%s), this process uses %s (%s): start it again with that model",
			s.name, next.Model.Name, next.Model.Digest, gone.Model.Name, gone.Model.Digest)
	}
	s.current.Store(next)
	return nil
}

// level is the consistency of a read: bounded, which does not wait, unless this store has erased
// rows so lately that a bounded answer could still hold them.
func (s *Store) level() entity.ConsistencyLevel {
	if time.Since(time.Unix(0, s.erasure.Load())) < staleness {
		return entity.ClStrong
	}
	return entity.ClBounded
}
