package retriever

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// maxCaption bounds a caption in bytes: far more than any text about a picture.
const maxCaption = 64 << 20

// batch is a run of rows of one part and, once it was matched, what was found in them.
type batch struct {
	part, seq int          // of the parts that are read, and of the part's batches
	rows      []CaptionRow // nil once matched
	count     int          // of rows
	null      int64
	hits      []rowMatch
	first     int64 // number of the part's first row
	long      int64 // 1 + the row in the part of a caption above maxCaption
}

// rowMatch is a match and what is kept of its row.
type rowMatch struct {
	match
	row          int64  // in the part
	url, caption uint64 // hashes, of the URL and of the normalised caption; url is 0 without one
	text         *CaptionRow
}

// matching is how the rows are matched.
type matching struct {
	matcher matcher
	persons int  // in the roster
	workers int  // 0 is one a core
	texts   bool // keep the rows of the matches
}

// matchRows runs the matcher over the rows of all parts and passes the batches to collect in the
// order of rows, one after the other. As many parts are read, and batches matched, at a time as there
// are workers; what is in memory is a few batches for each and what rowOrder holds.
func matchRows(ctx context.Context, parts []CaptionPart, m matching, collect func(*batch) error) error {
	workers := cmp.Or(m.workers, runtime.GOMAXPROCS(0))
	g, ctx := errgroup.WithContext(ctx)
	order := newRowOrder(ctx, parts, collect)
	defer order.close()
	work := make(chan *batch, workers)
	g.Go(func() error {
		defer close(work)
		return readParts(ctx, parts, order, workers, work)
	})
	for range workers {
		g.Go(func() error {
			s := newScratch(m.persons)
			for b := range work {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				b.match(m, s)
				if err := order.put(b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// readParts reads the parts in order, several at a time, and cuts them into batches.
func readParts(ctx context.Context, parts []CaptionPart, order *rowOrder, readers int, work chan<- *batch) error {
	var taken atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(readers, len(parts)) {
		g.Go(func() error {
			for i := int(taken.Add(1)) - 1; i < len(parts); i = int(taken.Add(1)) - 1 {
				batches := 0
				err := parts[i].Read(ctx, func(rows []CaptionRow) error {
					if err := order.admit(ctx, i); err != nil {
						return err
					}
					select {
					case work <- &batch{part: i, seq: batches, rows: rows, count: len(rows)}:
						batches++
						return nil
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				})
				if err != nil {
					return err
				}
				if err := order.end(i, batches); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// match finds the names in every row of the batch, and lets go of the rows.
func (b *batch) match(m matching, s *scratch) {
	for i := range b.rows {
		row := &b.rows[i]
		if row.Null {
			b.null++
			continue
		}
		if len(row.Caption) > maxCaption {
			b.long = row.Row + 1
			break
		}
		if found := m.matcher.find(row.Caption, s); len(found) > 0 {
			b.keep(row, found, m.texts, s)
		}
	}
	b.rows = nil
}

// keep notes the matches of a row.
func (b *batch) keep(row *CaptionRow, found []match, texts bool, s *scratch) {
	hit := rowMatch{row: row.Row, url: urlHash(row.URL), caption: s.captionHash(row.Caption)}
	if texts {
		// A copy: the row's own text may be a piece of a much larger one.
		hit.text = &CaptionRow{Caption: strings.Clone(row.Caption), URL: strings.Clone(row.URL), Key: strings.Clone(row.Key)}
	}
	for _, f := range found {
		hit.match = f
		b.hits = append(b.hits, hit)
	}
}

// size is about how many bytes the batch holds on to.
func (b *batch) size() int {
	n := 0
	var last *CaptionRow
	for i := range b.hits {
		h := &b.hits[i]
		n += 64
		if h.text != nil && h.text != last {
			n += 64 + len(h.text.Caption) + len(h.text.URL) + len(h.text.Key)
			last = h.text
		}
	}
	return n
}

// check refuses a caption that is longer than any text about a picture.
func (b *batch) check() error {
	if b.long == 0 {
		return nil
	}
	return fmt.Errorf("row %d: its caption is longer than %d bytes; take the row out of the file", b.first+b.long-1, maxCaption)
}
