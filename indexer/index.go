package indexer

import (
	"context"
	"errors"
	"fmt"
	"time"

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
// With Options.Task it does a share of the partitions, beside other runs or at another time, and
// the one that finds the last partition done completes the index. Until then the manifest that is
// returned has StateBuilding.
//
// Memory holds a few batches of pixels, the metadata of one partition and the vectors that samples
// of it share, whatever the data set.
func Run(ctx context.Context, o Options) (m *Manifest, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	if err := o.at().checkEmpty(ctx); err != nil {
		return nil, err
	}
	unlock, err := o.at().lock(o.shared())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	b, err := openBuild(ctx, o)
	if err != nil {
		return nil, o.at().inspectFull(err)
	}
	if b.manifest.State == StateComplete {
		b.report(nil)
		return b.manifest, nil
	}
	m, err = b.run(ctx)
	if err == nil {
		return m, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("interrupted with %d samples done; the same command goes on from there: %w", b.manifest.Samples, context.Cause(ctx))
	}
	// Another run may have come to the end first, or be about to, and have taken the state away under
	// this one. When both remove it at once each can fail: then the next run removes what is left.
	_, _, _ = b.at().complete(ctx)
	if there, readErr := b.at().readManifest(ctx); readErr == nil && there.State == StateComplete {
		return there, nil
	}
	return nil, o.at().inspectFull(err)
}

// inspectFull says what to do about a disk without space.
func (s site) inspectFull(err error) error {
	if !isFull(err) {
		return err
	}
	return fmt.Errorf("there is no room for the index in %s; nothing half-written is part of it: make room, and the same command goes on from there: %w", s.Stage(""), err)
}

// run fills what is missing and completes the index when nothing is.
func (b *build) run(ctx context.Context) (*Manifest, error) {
	if err := b.fill(ctx); err != nil {
		return nil, err
	}
	if b.ended {
		if _, err := b.at().keepFirst(ctx, endPath, endRecord{b.samples}); err != nil {
			return nil, err
		}
	}
	m, missing, err := b.at().complete(ctx)
	if missing != nil && !b.Task.shared() {
		err = errors.Join(err, missing)
	}
	return m, err
}

// fill writes the partitions that are missing. Samples pass from stage to stage through channels
// that hold little: a slow stage stops the ones before it. The channel ordered keeps the order of
// the input while raw hands images to whichever worker is free. A channel is closed only when its
// stage ended well, so an error never looks like the end of the data set.
func (b *build) fill(ctx context.Context) error {
	raw := make(chan *content)
	b.spare, b.large = make(spare, b.Batch), make(chan struct{}, 1)
	ordered := make(chan *item, b.Batch)
	batches := make(chan batch)
	embedded := make(chan batch, 1)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return closing(b.read(ctx, ordered, raw), func() { close(ordered); close(raw) }) })
	for range b.Workers {
		group.Go(func() error {
			return receive(ctx, raw, func(image *content) error { return b.decode(ctx, image) })
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

// read passes on the samples of the partitions that this run is to do.
func (b *build) read(ctx context.Context, ordered chan<- *item, raw chan<- *content) (err error) {
	shared := newContents(b.Model.Dimension)
	started := time.Now()
	samples, ended, err := b.pick(ctx, func(number int64, s Sample) error {
		if number%int64(b.PartitionRows) == 0 {
			shared.forget()
		}
		b.clock.start()
		it := &item{sample: s, number: number}
		fresh := it.admit(b.Options, shared)
		b.clock.read.add(started)
		defer func() { started = time.Now() }()
		if err := send(ctx, ordered, it); err != nil || !fresh {
			return err
		}
		return send(ctx, raw, it.image)
	})
	if ended {
		b.samples, b.ended = samples, true
	}
	return err
}

// collect makes batches of Batch good samples, or fewer where a partition ends: batches then are
// the same whether or not a run was resumed.
func (b *build) collect(ctx context.Context, ordered <-chan *item, batches chan<- batch) error {
	var open batch
	err := receive(ctx, ordered, func(it *item) error {
		if err := it.await(ctx); err != nil {
			return err
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
		defer b.clock.write.add(time.Now())
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
				if err := b.publish(ctx, done); err != nil {
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
	if err := b.publish(ctx, last); err != nil {
		return err
	}
	b.report(nil)
	return nil
}

// report tells how far the run has come, the partition being written included.
func (b *build) report(open *partition) {
	m := b.manifest
	p := Progress{
		Samples: m.Samples, Rows: m.Rows, Failures: m.Failures, Resumed: b.resumed,
		Partitions: len(m.Partitions), Times: b.clock.times(), Elapsed: b.clock.elapsed(),
	}
	if open != nil {
		p.Samples += open.info.Samples
		p.Rows += open.info.Rows
		p.Failures += open.info.Failures
	}
	if p.Total, p.About = b.total(); p.Total > 0 {
		p.Total = max(p.Total, p.Samples)
	}
	b.Progress(p)
}
