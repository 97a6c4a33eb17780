package milvus

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"golang.org/x/sync/errgroup"

	"rollcall/indexer"
	"rollcall/retriever"
)

// PublishSpec says what is published under which name. Everything in it but Name and Generation is
// recorded with the collections; a collection that says otherwise is refused.
type PublishSpec struct {
	Name        string // of the index; readers open it
	Generation  string // names this state of the index; letters, digits and _
	Fingerprint string // of the index, from its manifest
	Model       indexer.ModelInfo
	Dimension   int
	Rows        int64 // erased ones included
	HasImage    bool
	HasText     bool
	IndexType   string            // "" is FLAT, the one type that counts and ranks exactly
	Params      map[string]string // of the index type: M, efConstruction, ef, nlist, nprobe, search_list, level
}

// Source streams all rows of an index in order, from row 0. A batch belongs to visit, which keeps
// it. Source stops at visit's first error and returns it.
type Source = func(ctx context.Context, visit func(retriever.RowBatch) error) error

// target is one collection that is being filled.
type target struct {
	label
	collection string
	loaded     int64  // rows that are there for certain
	begun      bool   // a run before this one may have inserted more
	pending    *block // rows that wait for an insert
}

// Publish loads a generation of an index into collections of its own, proves that they hold every
// row once, and then moves the aliases NAME_image and NAME_text that readers use; the collections
// of other generations of NAME are dropped after that. Run again after an interruption it goes on
// where rows were last flushed; run again after success it loads nothing. A Publish under a name at
// which another process is at work is refused; one that was killed is waited for, 20 s.
func (c *Client) Publish(ctx context.Context, spec PublishSpec, source Source) error {
	if spec.IndexType == "" {
		spec.IndexType = flat
	}
	if err := spec.check(); err != nil {
		return fmt.Errorf("publish %s: %w", spec.Name, err)
	}
	if err := c.canBuild(spec.IndexType); err != nil {
		return err
	}
	return c.holding(ctx, spec.Name, func(ctx context.Context, l *lease) error { return c.publish(ctx, spec, source, l) })
}

func (c *Client) publish(ctx context.Context, spec PublishSpec, source Source, l *lease) error {
	targets := spec.targets()
	var unfinished []*target
	for _, t := range targets {
		if err := c.prepare(ctx, t); err != nil {
			return err
		}
		if t.loaded < t.Rows {
			unfinished = append(unfinished, t)
		}
	}
	if len(unfinished) > 0 {
		if err := c.load(ctx, unfinished, source); err != nil {
			return err
		}
	}
	if err := each(ctx, targets, c.prove); err != nil {
		return err
	}
	if err := l.check(ctx); err != nil {
		return err
	}
	if err := c.switchAliases(ctx, spec, targets); err != nil {
		return err
	}
	return c.dropAll(ctx, spec.Name, spec.has)
}

// each runs do for all targets at once.
func each(ctx context.Context, targets []*target, do func(ctx context.Context, t *target) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, t := range targets {
		group.Go(func() error { return do(ctx, t) })
	}
	return group.Wait()
}

// check refuses what cannot be published.
func (s PublishSpec) check() error {
	word := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	switch {
	case !word.MatchString(s.Name):
		return fmt.Errorf("name %q: Milvus takes letters, digits and _, and no digit first", s.Name)
	case !word.MatchString("_"+s.Generation) || s.Generation == "":
		return fmt.Errorf("generation %q: Milvus takes letters, digits and _", s.Generation)
	case len(s.Name)+len(s.Generation) > 240:
		return errors.New("name and generation together are over 240 bytes: shorten them")
	case s.Dimension < 2 || s.Dimension > 32768:
		return fmt.Errorf("dimension %d is not one that Milvus takes (2 to 32,768)", s.Dimension)
	case s.Rows < 1:
		return fmt.Errorf("the index has %d rows: there is nothing to publish", s.Rows)
	case !s.HasImage && !s.HasText:
		return errors.New("the index has neither image nor text embeddings: there is nothing to publish")
	}
	return CheckIndex(s.IndexType, s.Params)
}

// modalities are those that the index has.
func (s PublishSpec) modalities() []retriever.Modality {
	var out []retriever.Modality
	if s.HasImage {
		out = append(out, retriever.Image)
	}
	if s.HasText {
		out = append(out, retriever.Text)
	}
	return out
}

// targets lists the collections of the generation.
func (s PublishSpec) targets() []*target {
	var out []*target
	for _, m := range s.modalities() {
		out = append(out, &target{
			collection: alias(s.Name, m) + "_" + s.Generation,
			label: label{
				Format: formatVersion, Name: s.Name, Modality: m, Generation: s.Generation,
				Fingerprint: s.Fingerprint, Model: s.Model, Dimension: s.Dimension, Rows: s.Rows,
				IndexType: s.IndexType, Params: s.Params,
			},
		})
	}
	return out
}

// prepare finds or creates the target's collection and its index. The index comes before the rows,
// so that it is built as they arrive.
func (c *Client) prepare(ctx context.Context, t *target) error {
	d, found, err := c.describe(ctx, t.collection)
	if errors.Is(err, errNotOurs) {
		return fmt.Errorf("%w: choose another name, or drop that collection", err)
	}
	if err != nil {
		return err
	}
	if found && d.label.String() != t.label.String() {
		return c.fail("collection "+t.collection, fmt.Errorf("it holds %s, but this index is %s: publish under another generation, or drop that collection", d.label, t.label))
	}
	t.begun, t.loaded = found, d.loaded
	if !found {
		if err := c.create(ctx, t.collection, t.label); err != nil {
			return err
		}
	}
	kind, settings, err := indexOf(t.IndexType, t.Params)
	if err != nil {
		return err
	}
	index, err := kind.build(settings)
	if err != nil {
		return err
	}
	return c.eventually(ctx, "create the index of "+t.collection, func(ctx context.Context) error {
		return c.sdk.CreateIndex(ctx, t.collection, fieldVector, index, true)
	})
}
