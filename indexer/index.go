package indexer

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Run indexes a data set into a folder, and returns its manifest. Every input sample becomes a
// row or a ledger record. Rows are in input order, partition n holding the good ones of
// PartitionRows consecutive samples, so that its bounds do not depend on what fails.
//
// A run that ends early, by ctx, by an error or by a crash, leaves finished partitions in place;
// Run with the same options takes up after them and comes to the same files, byte for byte, as a
// run that was not disturbed (given an encoder that repeats itself for the same batches). An index
// that is complete is returned as it is. An index of other options, model or data is an error.
//
// Memory holds a few batches of pixels and the metadata of one partition, whatever the data set.
func Run(ctx context.Context, o Options) (m *Manifest, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	unlock, err := lock(o.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	b, err := openBuild(o)
	if err != nil {
		return nil, err
	}
	if b.manifest.State == StateComplete {
		b.report(nil)
		return b.manifest, nil
	}
	if err := b.fill(ctx); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted with %d samples done; the same command goes on from there: %w", b.manifest.Samples, context.Cause(ctx))
		}
		return nil, err
	}
	return b.manifest, b.finish()
}

// fill writes the partitions that are missing. Samples pass from stage to stage through channels
// that hold little: a slow stage stops the ones before it. The channel ordered keeps the order of
// the input while raw hands images to whichever worker is free. A channel is closed only when its
// stage ended well, so an error never looks like the end of the data set.
func (b *build) fill(ctx context.Context) error {
	raw := make(chan *item)
	ordered := make(chan *item, b.Batch)
	batches := make(chan batch)
	embedded := make(chan batch, 1)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return closing(b.read(ctx, ordered, raw), func() { close(ordered); close(raw) }) })
	for range b.Workers {
		group.Go(func() error {
			return receive(ctx, raw, func(it *item) error { it.prepare(b.Options); return nil })
		})
	}
	group.Go(func() error { return closing(b.collect(ctx, ordered, batches), func() { close(batches) }) })
	group.Go(func() error {
		return closing(receive(ctx, batches, func(full batch) error {
			if err := b.embedBatch(ctx, full.items); err != nil {
				return err
			}
			return send(ctx, embedded, full)
		}), func() { close(embedded) })
	})
	group.Go(func() error { return b.write(ctx, embedded) })
	return group.Wait()
}

// errLimit ends the reading at Options.Limit.
var errLimit = errors.New("limit reached")

// read passes on the samples that are not done yet.
func (b *build) read(ctx context.Context, ordered, raw chan<- *item) error {
	next := b.resumed
	if b.Limit > 0 && next >= b.Limit {
		return nil
	}
	err := readAfter(ctx, b.Source, next, func(s Sample) error {
		it := &item{sample: s, number: next, decoded: make(chan struct{})}
		next++
		if err := send(ctx, ordered, it); err != nil {
			return err
		}
		if err := send(ctx, raw, it); err != nil {
			return err
		}
		if next == b.Limit {
			return errLimit
		}
		return nil
	})
	if errors.Is(err, errLimit) {
		return nil
	}
	return err
}

// readAfter reads a source without its first skip samples.
func readAfter(ctx context.Context, source Source, skip int64, visit func(Sample) error) error {
	if skipper, ok := source.(Skipper); ok {
		return skipper.ReadAfter(ctx, skip, visit)
	}
	return source.Read(ctx, func(s Sample) error {
		if skip > 0 {
			skip--
			return nil
		}
		return visit(s)
	})
}

// collect makes batches of Batch good samples, or fewer where a partition ends: batches then are
// the same whether or not a run was resumed.
func (b *build) collect(ctx context.Context, ordered <-chan *item, batches chan<- batch) error {
	var open batch
	err := receive(ctx, ordered, func(it *item) error {
		select {
		case <-it.decoded:
		case <-ctx.Done():
			return ctx.Err()
		}
		open.items = append(open.items, it)
		if it.failure == nil {
			open.good++
		}
		if open.good < b.Batch && !b.endsPartition(it) {
			return nil
		}
		full := open
		open = batch{}
		return send(ctx, batches, full)
	})
	if err != nil || len(open.items) == 0 {
		return err
	}
	return send(ctx, batches, open)
}

func (b *build) endsPartition(it *item) bool {
	return (it.number+1)%int64(b.PartitionRows) == 0
}

// write puts samples into their partitions, and finished partitions into the index.
func (b *build) write(ctx context.Context, embedded <-chan batch) error {
	var open *partition
	defer func() {
		if open != nil {
			open.abort()
		}
	}()
	b.report(nil)
	err := receive(ctx, embedded, func(full batch) (err error) {
		for _, it := range full.items {
			if it.failure != nil && b.OnError == Stop {
				return it.err()
			}
			if open == nil {
				if open, err = b.startPartition(int(it.number / int64(b.PartitionRows))); err != nil {
					return err
				}
			}
			if err := open.add(it); err != nil {
				return err
			}
			if b.endsPartition(it) {
				done := open
				open = nil
				if err := b.publish(done); err != nil {
					return err
				}
			}
		}
		b.report(open)
		return nil
	})
	if err != nil || open == nil {
		return err
	}
	last := open
	open = nil
	if err := b.publish(last); err != nil {
		return err
	}
	b.report(nil)
	return nil
}

// report tells how far the run has come, the partition being written included.
func (b *build) report(open *partition) {
	m := b.manifest
	p := Progress{Samples: m.Samples, Rows: m.Rows, Failures: m.Failures, Resumed: b.resumed, Partitions: len(m.Partitions)}
	if open != nil {
		p.Samples += open.info.Samples
		p.Rows += open.info.Rows
		p.Failures += open.info.Failures
	}
	b.Progress(p)
}
