package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"rollcall/indexer"
	"rollcall/internal/face"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// facePartition is how many rows of the index are looked at between two saves.
const facePartition = 2048

// indexFaces finds the faces in the images of a complete index and stores them beside it. It goes
// on where an earlier run ended.
func (a *app) indexFaces(ctx context.Context, source indexer.Source, dir string, flags indexFlags) (err error) {
	options, atOnce := flags.model.faceOptions()
	found, err := face.Open(a.onnxruntime, flags.faces, options)
	if err != nil {
		return usageError{err}
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	folder, err := vectors.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	out, err := face.NewWriter(dir, found.Digest(), folder.Manifest().Fingerprint, found.Dimension())
	if err != nil {
		return usageError{err}
	}
	w := &faceWalk{model: found, rows: folder, out: out, atOnce: atOnce}
	if w.total, err = folder.Len(ctx); err != nil {
		return err
	}
	if !out.Manifest().Complete {
		progress := a.newProgress("rows")
		err = w.run(ctx, source, func() { progress.update(w.next, w.total, w.failures.Load()) })
		progress.finish()
	}
	if m := out.Manifest(); err == nil && !a.quiet {
		fmt.Fprintf(a.stderr, "%d faces in %d rows; %d images could not be read\n", m.Faces, m.Rows, m.Failures)
		if m.Unusable > 0 {
			fmt.Fprintf(a.stderr, "warning: %d more faces were left out, because what the models gave for them are no numbers\n", m.Unusable)
		}
	}
	return err
}

// faceWalk goes through a data set and its index side by side: samples that became no row have no
// counterpart there.
type faceWalk struct {
	model  *face.Model
	rows   *vectors.Store
	out    *face.Writer
	total  int64
	atOnce int // images that are looked at side by side

	ahead    []retriever.Row // rows that are read, the next one first
	next     int64           // its number
	began    int64           // first row that is not stored yet
	looking  *errgroup.Group // at the images since then
	failures atomic.Int64    // since then
	faces    [][]face.Stored // since then, by row
}

// errRowsDone ends the reading of the data set.
var errRowsDone = errors.New("every row was looked at")

func (w *faceWalk) run(ctx context.Context, source indexer.Source, tick func()) (err error) {
	w.begin(w.out.Manifest().Rows)
	defer func() { err = errors.Join(err, w.looking.Wait()) }()
	if w.total > 0 {
		err := source.Read(ctx, func(s indexer.Sample) error { return w.sample(ctx, s, tick) })
		if err != nil && !errors.Is(err, errRowsDone) {
			return err
		}
	}
	if w.next < w.total {
		return fmt.Errorf("row %d of the index is not in the data set any more: give the data set that was indexed", w.next)
	}
	if err := w.store(); err != nil {
		return err
	}
	return w.out.Finish()
}

func (w *faceWalk) sample(ctx context.Context, s indexer.Sample, tick func()) error {
	row, err := w.row(ctx)
	for err == nil && row.Erased {
		w.pass()
		if w.next == w.total {
			return errRowsDone
		}
		row, err = w.row(ctx)
	}
	if err != nil {
		return err
	}
	if row.Key != s.Key || row.ImagePath != s.ImagePath {
		return nil // a sample that became no row
	}
	w.pass()
	if row.ID >= w.began {
		w.looking.Go(func() error { return w.look(ctx, row.ID, s) })
		if w.next-w.began == facePartition {
			if err := w.store(); err != nil {
				return err
			}
		}
	}
	tick()
	if w.next == w.total {
		return errRowsDone
	}
	return nil
}

// pass goes on to the row after the next one. The sample of an erased row is passed like one that
// became no row: nothing tells any more which it was.
func (w *faceWalk) pass() {
	w.ahead = w.ahead[1:]
	w.next++
}

// row gives the next row of the index.
func (w *faceWalk) row(ctx context.Context) (row retriever.Row, err error) {
	if len(w.ahead) == 0 {
		var ids []int64
		for id := w.next; id < min(w.next+facePartition, w.total); id++ {
			ids = append(ids, id)
		}
		if w.ahead, err = w.rows.Get(ctx, ids); err != nil {
			return row, err
		}
	}
	return w.ahead[0], nil
}

// look finds the faces of one image. One that cannot be read is counted.
func (w *faceWalk) look(ctx context.Context, row int64, s indexer.Sample) error {
	faces, err := w.model.FindFile(ctx, s.Image)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		w.failures.Add(1)
		return nil
	}
	for _, f := range faces {
		w.faces[row-w.began] = append(w.faces[row-w.began], face.NewStored(row, f))
	}
	return nil
}

// begin starts with a row.
func (w *faceWalk) begin(row int64) {
	w.began, w.faces, w.looking = row, make([][]face.Stored, facePartition), &errgroup.Group{}
	w.failures.Store(0)
	w.looking.SetLimit(w.atOnce)
}

// store saves what was found since the last time.
func (w *faceWalk) store() error {
	if w.next == w.began {
		return nil
	}
	if err := w.looking.Wait(); err != nil {
		return err
	}
	if err := w.out.Add(w.next-w.began, w.failures.Load(), slices.Concat(w.faces...)); err != nil {
		return err
	}
	w.begin(w.next)
	return nil
}
