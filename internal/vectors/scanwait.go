package vectors

import (
	"math/bits"
	"runtime"
	"sync"
)

// maxWaiting is about how many rows of all queries and workers together may wait for a higher bar,
// 16 bytes each.
const maxWaiting = 1 << 20

// usuallyWaiting is about how many rows of a million wait for a query and worker.
const usuallyWaiting = 1 << 14

// waiters keeps room for waiting rows from one search to the next: fresh memory costs more than the
// waiting.
type waiters struct{ spare sync.Pool }

func (w *waiters) take() []waiter {
	if kept, ok := w.spare.Get().(*[]waiter); ok {
		return (*kept)[:0]
	}
	return make([]waiter, 0, usuallyWaiting)
}

// give takes room back, but not what one large search needed.
func (w *waiters) give(room []waiter) {
	if cap(room) <= 4*usuallyWaiting {
		w.spare.Put(&room)
	}
}

// patient is up to how many queries rows wait: with more of them, rows that a closer look has brought
// near serve several.
const patient = 4

// waiter is a row that passes by its first codes, if barely: the bar will have risen beyond most of
// them when all rows are seen, so that they need not be looked at any closer.
type waiter struct {
	in      int32 // its home's place in homes
	row     int32
	product int32   // of its first code
	end     float32 // the most that its cosine can be
}

// sortOut makes waiters of the rows that pass for a query by their first codes: masks and products
// are those of n queries, of which this is number i. Rows that promise less than the limit unless
// their codes err on the right side can wait; the others are urgent, for they raise the bar.
func (sc *scanner) sortOut(rows span, query, i, n int) {
	table, limit := sc.home.codes.tables[0], sc.limits[i]
	unit, along, size := sc.home.numbers.unit[query], sc.home.bearing.along[query], sc.home.bearing.size[query]
	urgent, waiting := sc.urgent[query], sc.waiting[query]
	for b := range rows.blocks() {
		mask := sc.masks[b*n+i] & rows.mask(b)
		if mask == 0 {
			continue
		}
		at := rows.first + b*blockRows
		products := sc.products[(b*n+i)*blockRows:][:blockRows]
		terms := table.span(at, 1).terms(0)
		for ; mask != 0; mask &= mask - 1 {
			r := bits.TrailingZeros64(mask)
			width := floatAt(terms, termPlace(false, r, 2)) * size
			end := float32(products[r])*(floatAt(terms, termPlace(false, r, 0))*unit) + (floatAt(terms, termPlace(false, r, 1))*along + width)
			w := waiter{int32(len(sc.homes) - 1), int32(at + r), products[r], end}
			if end-width >= limit {
				urgent = append(urgent, w)
			} else {
				waiting = append(waiting, w)
			}
		}
	}
	sc.urgent[query], sc.waiting[query] = urgent, waiting
}

// admitMany looks at urgent rows, as soon as there are enough to look at together, and at those that
// wait for queries for which too many do.
func (sc *scanner) admitMany() error {
	for q := range sc.urgent {
		if len(sc.urgent[q]) >= blockRows {
			if err := sc.admit(q, &sc.urgent[q]); err != nil {
				return err
			}
		}
		if len(sc.waiting[q]) > max(maxWaiting/runtime.GOMAXPROCS(0)/sc.queries.n, blockRows) {
			if err := sc.admit(q, &sc.waiting[q]); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstLimit is what a row's first code must reach now.
func (sc *scanner) firstLimit(in *home, query int) float32 {
	return in.codes.tables[0].limit(sc.to.least(query), in.numbers.lost[query], in.codes.dimension)
}

// finish looks at the rows that are left.
func (sc *scanner) finish(room *waiters) error {
	for q := range sc.waiting {
		if err := sc.admit(q, &sc.urgent[q]); err != nil {
			return err
		}
		if err := sc.admit(q, &sc.waiting[q]); err != nil {
			return err
		}
		room.give(sc.waiting[q])
	}
	return nil
}

// admit looks at those of the waiters of a query that may still reach the bar, and empties the list.
func (sc *scanner) admit(query int, list *[]waiter) error {
	all := *list
	*list = all[:0]
	for len(all) > 0 {
		in, n, rows, products := all[0].in, 0, sc.passing, sc.chosen
		limit := sc.firstLimit(sc.homes[in], query)
		for n < len(all) && all[n].in == in && len(rows) < blockRows {
			if all[n].end >= limit {
				rows, products = append(rows, all[n].row), append(products, all[n].product)
			}
			n++
		}
		if err := sc.refine(sc.homes[in], query, rows, products); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}
