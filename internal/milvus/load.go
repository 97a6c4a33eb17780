package milvus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rollcall/retriever"
)

// inFlight is how many inserts run at once; more are no faster.
const inFlight = 4

// loader feeds the rows of a source to collections and keeps the record of how far it has come.
type loader struct {
	client  *Client
	targets []*target
	rows    int64 // that must come
	next    int64 // row that comes next
	flushed int64 // rows before this one are recorded as loaded
	inserts *inserts
}

// inserts are those under way. The first that fails cancels ctx, and with it the others.
type inserts struct {
	*errgroup.Group
	ctx context.Context
}

func newInserts(ctx context.Context) *inserts {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	return &inserts{group, ctx}
}

// load fills the targets from the source.
func (c *Client) load(ctx context.Context, targets []*target, source Source) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	l := &loader{client: c, targets: targets, rows: targets[0].Rows, inserts: newInserts(ctx)}
	for _, t := range targets {
		t.pending = &block{dimension: t.Dimension}
	}
	err := source(ctx, func(b retriever.RowBatch) error { return l.batch(ctx, b) })
	if err == nil && l.next != l.rows {
		err = fmt.Errorf("the index has %d rows, but %d came: check the index folder", l.rows, l.next)
	}
	if err == nil {
		err = l.record(ctx)
	}
	if err != nil {
		stop()
		if failed := l.inserts.Wait(); failed != nil && !errors.Is(failed, context.Canceled) {
			err = failed // which stopped the source
		}
		return fmt.Errorf("load %s into Milvus: %w", targets[0].Name, err)
	}
	return nil
}

// batch takes the rows that come next. They are inserted in the background while the source reads
// on; with inFlight inserts under way it waits for one.
func (l *loader) batch(ctx context.Context, b retriever.RowBatch) error {
	end := b.First + int64(len(b.Rows))
	if b.First != l.next || end > l.rows {
		return fmt.Errorf("rows %d to %d came where row %d of %d was due", b.First, end-1, l.next, l.rows)
	}
	for _, t := range l.targets {
		if err := l.split(b, t); err != nil {
			return err
		}
	}
	if err := l.inserts.ctx.Err(); err != nil {
		return err
	}
	l.next = end
	if l.next-l.flushed >= l.client.flushEvery {
		return l.record(ctx)
	}
	return nil
}

// split adds the batch's rows that the target lacks to its pending block, and inserts each block that is full.
func (l *loader) split(b retriever.RowBatch, t *target) error {
	vectors := b.Image
	if t.Modality == retriever.Text {
		vectors = b.Text
	}
	if len(vectors) != len(b.Rows) {
		return fmt.Errorf("rows from %d: %d rows have %d %s vectors", b.First, len(b.Rows), len(vectors), t.Modality)
	}
	for i := max(0, t.loaded-b.First); i < int64(len(b.Rows)); i++ {
		if id := b.First + i; b.Rows[i].ID != id {
			return fmt.Errorf("row %d came where row %d was due", b.Rows[i].ID, id)
		}
		if err := t.pending.add(b.Rows[i], vectors[i]); err != nil {
			return err
		}
		if t.pending.full() {
			l.send(t)
		}
	}
	return nil
}

// send inserts the target's pending rows in the background.
func (l *loader) send(t *target) {
	rows := t.pending
	t.pending = &block{dimension: t.Dimension}
	if len(rows.ids) > 0 {
		l.inserts.Go(func() error { return l.client.insert(l.inserts.ctx, t, rows) })
	}
}

// insert puts a block in once. Milvus keeps both of two rows with one id, so whatever may have been
// inserted before, by an earlier run or by an attempt whose answer was lost, is deleted first.
func (c *Client) insert(ctx context.Context, t *target, rows *block) error {
	what := fmt.Sprintf("insert rows %d to %d into %s", rows.ids[0], rows.ids[len(rows.ids)-1], t.collection)
	again := t.begun
	return c.retry(ctx, what, patience*c.timeout, func(ctx context.Context) error {
		if again {
			if err := c.sdk.Delete(ctx, t.collection, "", idIn(rows.ids)); err != nil {
				return err
			}
		}
		again = true
		ids, err := c.sdk.Insert(ctx, t.collection, "", rows.columns()...)
		if err == nil && ids.Len() != len(rows.ids) {
			return &incompleteError{int64(ids.Len()), int64(len(rows.ids))}
		}
		return err
	})
}

// record inserts what is pending, flushes the targets and notes how many rows they hold.
func (l *loader) record(ctx context.Context) error {
	for _, t := range l.targets {
		l.send(t)
	}
	if err := l.inserts.Wait(); err != nil {
		return err
	}
	l.inserts = newInserts(ctx)
	err := each(ctx, l.targets, func(ctx context.Context, t *target) error {
		if t.loaded >= l.next {
			return nil
		}
		if err := l.client.flush(ctx, t.collection); err != nil {
			return err
		}
		loaded := property{propertyLoaded, strconv.FormatInt(l.next, 10)}
		err := l.client.eventually(ctx, "record the progress of "+t.collection, func(ctx context.Context) error {
			return l.client.sdk.AlterCollection(ctx, t.collection, loaded)
		})
		if err == nil {
			t.loaded = l.next
		}
		return err
	})
	l.flushed = l.next
	return err
}

// flush seals a collection's rows and waits until they are stored. The SDK asks for ever whether
// they are, also when a restarted server has forgotten the request: so it is made anew at times.
func (c *Client) flush(ctx context.Context, collection string) error {
	return c.retry(ctx, "flush "+collection, patience*c.timeout, func(ctx context.Context) error {
		once, cancel := context.WithTimeout(ctx, 2*c.timeout)
		defer cancel()
		err := c.sdk.Flush(once, collection, false)
		if err != nil && once.Err() != nil && ctx.Err() == nil {
			return status.Errorf(codes.DeadlineExceeded, "not done after %s", 2*c.timeout)
		}
		return err
	})
}

// idIn is the expression for a list of ids.
func idIn(ids []int64) string {
	var b strings.Builder
	b.WriteString(fieldID + " in [")
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	b.WriteByte(']')
	return b.String()
}

// idFrom is the expression for the ids from first up to but without end.
func idFrom(first, end int64) string {
	return fmt.Sprintf("%s >= %d && %s < %d", fieldID, first, fieldID, end)
}
