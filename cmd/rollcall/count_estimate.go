package main

import (
	"context"
	"errors"
	"fmt"

	"rollcall/internal/milvus"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// imageCounter is what the images of an index are counted with: its store where that is exact, else
// the index folder or, for an estimate, the approximate index. The caller calls done at the end.
func (a *app) imageCounter(opened *index, estimate bool) (counter retriever.Counter, done func() error, err error) {
	remote, ok := opened.store.(*milvus.Store)
	approximate := ok && !remote.Exact()
	switch {
	case estimate && !approximate:
		return nil, nil, usagef("--estimate is for an index in Milvus of an approximate type; %s is counted exactly without it", opened.name)
	case estimate:
		return remote.Approximate(), func() error { return nil }, nil
	case !approximate:
		return opened, func() error { return nil }, nil
	}
	folder, err := vectors.Open(opened.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("%s has index type %s in Milvus, which leaves rows out, and its folder cannot be counted: %w", opened.name, remote.IndexType(), err)
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "counted in the folder %s: the index type in Milvus, %s, leaves rows out\n", opened.dir, remote.IndexType())
	}
	return folder, folder.Close, nil
}

// countNear counts the rows near each person's photos and, for an estimate, measures how many of
// them were found.
func (a *app) countNear(ctx context.Context, opened *index, references []retriever.References, threshold float32, c counting) (counts *retriever.ImageCounts, recall *retriever.Recall, err error) {
	counter, done, err := a.imageCounter(opened, c.flags.estimate)
	if err != nil {
		return nil, nil, err
	}
	found := make([][]int64, len(references))
	evidence := c.rowEvidence(opened)
	counts, err = retriever.CountImages(ctx, counter, references, threshold, retriever.ImageOptions{
		Vectors: opened, Hasher: c.hasher,
		Evidence: func(hit retriever.ImageHit) error {
			found[hit.Person] = append(found[hit.Person], hit.Row)
			return evidence.Add(ctx, hit.Row, func(row *retriever.Row) retriever.Evidence { return retriever.ImageEvidence(c.roster, hit, row) })
		},
	})
	if err == nil {
		err = evidence.Flush(ctx)
	}
	if err = errors.Join(err, done()); err != nil || !c.flags.estimate {
		return counts, nil, err
	}
	recall, err = retriever.MeasureRecall(ctx, opened, opened, retriever.Matched{References: references, Threshold: threshold, Rows: found}, c.calibration())
	if err == nil && !a.quiet {
		fmt.Fprintf(a.stderr, "estimated: of the %d hits among %d random rows (of %d) the index found %d; images are the rows found, and estimate, low and high what a complete count would have\n",
			recall.Hits, recall.Rows, recall.All, recall.Found)
	}
	return counts, recall, err
}
