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

// wait puts off those rows of a block whose first codes promise less than the limit unless they err
// on the right side; it gives the others. products are the block's.
func (sc *scanner) wait(row, query int, mask uint64, limit float32, products []int32) (now uint64) {
	first := sc.home.codes.tables[0]
	to := goal{sc.home.numbers.part(query, 1), sc.home.bearing.part(query, 1), nil}
	terms := first.span(row, 1).bytes[blockRows*first.stride:]
	for ; mask != 0; mask &= mask - 1 {
		r := bits.TrailingZeros64(mask)
		end := to.upperEnd(0, terms, r, products[r])
		if end-to.size[0]*floatAt(terms, 2*blockRows+r) >= limit {
			now |= 1 << r
			continue
		}
		sc.waiting[query] = append(sc.waiting[query], waiter{int32(len(sc.homes) - 1), int32(row + r), products[r], end})
	}
	return now
}

// admitMany looks at the rows that wait for queries for which too many do.
func (sc *scanner) admitMany() error {
	for q, all := range sc.waiting {
		if len(all) > max(maxWaiting/runtime.GOMAXPROCS(0)/sc.queries.n, blockRows) {
			if err := sc.admit(q); err != nil {
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

// finish looks at the rows that still wait.
func (sc *scanner) finish(room *waiters) error {
	for q := range sc.waiting {
		if err := sc.admit(q); err != nil {
			return err
		}
		room.give(sc.waiting[q])
	}
	return nil
}

// admit looks at the rows that wait for a query.
func (sc *scanner) admit(query int) error {
	all := sc.waiting[query]
	sc.waiting[query] = all[:0]
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
