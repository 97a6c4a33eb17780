package vectors

import (
	"math/bits"
	"runtime"
)

// maxWaiting is about how many rows of all queries and workers together may wait for a higher bar,
// 12 bytes each.
const maxWaiting = 1 << 21

// patient is up to how many queries rows wait: with more of them, rows that a closer look has brought
// near serve several.
const patient = 4

// home is a file of vectors on its way through a scanner.
type home struct {
	m       *matrix
	codes   *codes
	id      int64 // of the file's first row
	bearing bearing
}

// waiter is a row that passes by its first codes, if barely: the bar will have risen beyond most of
// them when all rows are seen, so that they need not be looked at any closer.
type waiter struct {
	in  int32 // its home's place in homes
	row int32
	end float32 // see bounder
}

// wait puts off those rows of a block whose first codes promise less than is wanted unless they err
// on the right side; it gives the others. ends are the block's.
func (sc *scanner) wait(row, query int, mask uint64, ends []float32) (now uint64, err error) {
	first := sc.home.codes.tables[0]
	limit := sc.firstLimit(sc.home, query)
	size := sc.home.bearing.size[query]
	errs := first.span(row, 1).bytes[blockRows*(first.stride+8):]
	for ; mask != 0; mask &= mask - 1 {
		r := bits.TrailingZeros64(mask)
		switch {
		case ends[r] < limit: // the bar has risen since
		case ends[r]-size*floatAt(errs, r) < limit:
			sc.waiting[query] = append(sc.waiting[query], waiter{int32(len(sc.homes) - 1), int32(row + r), ends[r]})
		default:
			now |= 1 << r
		}
	}
	if len(sc.waiting[query]) > max(maxWaiting/runtime.GOMAXPROCS(0)/sc.queries.n, blockRows) {
		err = sc.admit(query)
	}
	return now, err
}

// firstLimit is what a row's first code must reach now.
func (sc *scanner) firstLimit(in *home, query int) float32 {
	return in.codes.tables[0].limit(sc.to.least(query), sc.queries.narrow.lost[query], in.codes.dimension)
}

// finish looks at the rows that still wait.
func (sc *scanner) finish() error {
	for q := range sc.waiting {
		if err := sc.admit(q); err != nil {
			return err
		}
	}
	return nil
}

// admit looks at the rows that wait for a query.
func (sc *scanner) admit(query int) error {
	all := sc.waiting[query]
	sc.waiting[query] = all[:0]
	for len(all) > 0 {
		in, n, rows := all[0].in, 0, sc.passing
		limit := sc.firstLimit(sc.homes[in], query)
		for n < len(all) && all[n].in == in && len(rows) < blockRows {
			if all[n].end >= limit {
				rows = append(rows, all[n].row)
			}
			n++
		}
		if err := sc.refine(sc.homes[in], query, rows); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}
