package indexer

import (
	"context"
	"errors"
	"fmt"
)

// SkipTo is what a visit answers, in the place of an error, to say that the samples with numbers
// below it are not wanted: the source's next visit is that sample. Samples are numbered from 0 in
// the order of the source, those that are passed over included.
type SkipTo int64

// Error makes SkipTo an answer of a visit, as fs.SkipDir is.
func (s SkipTo) Error() string {
	return fmt.Sprintf("the samples before number %d are not wanted", int64(s))
}

// errEnough ends the reading when no later sample can be of use.
var errEnough = errors.New("no later sample is wanted")

// picker walks over a source and picks out the samples of the partitions that a run is to do. One
// sample before each of them is looked at too: a source that ends between the two has as many
// samples as full partitions, which no task could tell otherwise.
type picker struct {
	*build
	next  int64 // the number of the sample that is visited next
	seen  int64 // one more than the last that was visited; -1 when none was, and there may be some
	start int64 // of the partition that is wanted: samples before it are passed over
}

// pick reads the source and hands the samples of wanted partitions on, with their numbers. It
// returns how many samples the source has, when it came to know.
func (b *build) pick(ctx context.Context, each func(number int64, s Sample) error) (samples int64, known bool, err error) {
	p := &picker{build: b}
	if err := p.seek(0); err != nil {
		return 0, false, nil // nothing to do
	}
	p.next = max(0, p.start-1)
	if p.next > 0 {
		p.seen = -1
	}
	err = readAfter(ctx, b.Source, p.next, func(s Sample) error { return p.visit(s, each) })
	if err != nil && !errors.Is(err, errEnough) {
		return 0, false, err
	}
	return p.seen, p.seen == p.next && (err == nil || p.seen == b.Limit), nil
}

func (p *picker) visit(s Sample, each func(int64, Sample) error) error {
	number := p.next
	p.next++
	p.seen = p.next
	if number >= p.start {
		if err := each(number, s); err != nil {
			return err
		}
	}
	if p.next == p.Limit {
		return errEnough
	}
	if p.next%int64(p.PartitionRows) != 0 {
		return nil
	}
	if err := p.seek(p.next); err != nil {
		return err
	}
	if before := p.start - 1; before > p.next {
		p.next = before
		return SkipTo(before)
	}
	return nil
}

// seek finds the first wanted partition that does not start before a sample.
func (p *picker) seek(from int64) error {
	rows := int64(p.PartitionRows)
	for number := from / rows; ; number++ {
		start := number * rows
		if p.Limit > 0 && start >= p.Limit || p.ended && start >= p.samples {
			return errEnough
		}
		if p.Task.owns(number) && !p.done[number] {
			p.start = start
			return nil
		}
	}
}

// readAfter reads a source without its first skip samples, and without those that visit answers
// not to want.
func readAfter(ctx context.Context, source Source, skip int64, visit func(Sample) error) error {
	if skipper, ok := source.(Skipper); ok {
		return skipper.ReadAfter(ctx, skip, visit)
	}
	next := int64(0)
	return source.Read(ctx, func(s Sample) error {
		next++
		if next <= skip {
			return nil
		}
		err := visit(s)
		if to, skipping := err.(SkipTo); skipping {
			skip = int64(to)
			return nil
		}
		return err
	})
}
