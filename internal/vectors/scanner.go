package vectors

import (
	"context"
	"math/bits"
)

const (
	usefulPart = 4 // codes are left alone for a while when they pass more than one pair in so many
	restRows   = 7 * spanRows
	usefulBits = 16 // so are codes of one bit, which cost less to do without
	restBits   = 8 * spanRows
)

// tally counts pairs of row and query.
type tally struct {
	refined  int64 // whose first codes could not decide
	rescored int64 // whose codes could not decide at all, so that the row itself was read
}

// scanner is one worker of a scan.
type scanner struct {
	method  method
	cosines kernel
	queries unitQueries
	exact   [][]float64 // the queries
	to      sink
	out     []float32
	limits  []float32 // that first codes must reach, of the queries at hand
	limit   []float32 // that both halves must reach, of one query
	masks   []uint64
	passing []int32 // rows of a file, up to blockRows of them
	chosen  []int32 // their products
	tally   tally

	products []int32 // of codes, beside masks
	homes    []*home
	home     *home      // the last of them
	waiting  [][]waiter // by query; nil when no row may wait
	urgent   [][]waiter
	rest     int // rows to go before codes are tried again
	restBits int // before codes of one bit are
}

func newScanner(s *Store, qs unitQueries, to sink) *scanner {
	group := min(queriesAtAll, qs.n)
	sc := &scanner{
		method: s.method, cosines: s.method.cosines(s.dimension), queries: qs, exact: qs.doubles(s.dimension), to: to,
		out: make([]float32, rowsAtOnce(group)*group), limits: make([]float32, group), limit: make([]float32, 1),
		masks: make([]uint64, rowsAtOnce(group)/blockRows*group), passing: make([]int32, 0, blockRows),
	}
	sc.products, sc.chosen = make([]int32, len(sc.masks)*blockRows), make([]int32, 0, blockRows)
	if to.rises() && qs.n <= patient {
		sc.waiting, sc.urgent = make([][]waiter, qs.n), make([][]waiter, qs.n)
		for q := range sc.waiting {
			sc.waiting[q] = s.waiters.take()
		}
	}
	return sc
}

// scan goes through a span: by its codes where they decide enough, else row by row.
func (sc *scanner) scan(ctx context.Context, sp span) error {
	if sp.codes == nil {
		return sc.each(ctx, sp, sc.scoreAll)
	}
	if sc.rest > 0 {
		sc.rest -= sp.n
		return sc.each(ctx, sp, sc.scoreAll)
	}
	if sc.home == nil || sc.home.codes != sp.codes {
		sc.home = newHome(sp, sc.exact)
		sc.homes = append(sc.homes, sc.home)
	}
	before := sc.tally.rescored
	if err := sc.each(ctx, sp, sc.scorePassing); err != nil {
		return err
	}
	if (sc.tally.rescored-before)*usefulPart > int64(sp.n)*int64(sc.queries.n) {
		sc.rest = restRows
	}
	return nil
}

// each gives score a few rows and queries at a time.
func (sc *scanner) each(ctx context.Context, sp span, score func(rows span, q0, n int) error) error {
	step := rowsAtOnce(sc.queries.n)
	for done := 0; done < sp.n; done += step {
		rows := sp.part(done, min(step, sp.n-done))
		for q0 := 0; q0 < sc.queries.n; q0 += queriesAtAll {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := score(rows, q0, min(queriesAtAll, sc.queries.n-q0)); err != nil {
				return err
			}
		}
	}
	return nil
}

// scoreAll scores every row with n queries from q0 on.
func (sc *scanner) scoreAll(rows span, q0, n int) error {
	sc.cosines(rows.m, rows.first, rows.n, sc.queries.part(q0, n), sc.out)
	for q := range n {
		if err := sc.to.take(q0+q, rows.id, sc.out[q*rows.n:(q+1)*rows.n]); err != nil {
			return err
		}
	}
	return nil
}

// scorePassing scores the rows that may reach what is wanted: the first codes pass few, both
// halves of their codes pass fewer.
func (sc *scanner) scorePassing(rows span, q0, n int) error {
	byBits := sc.lookAtBits(rows, q0, n)
	if !byBits {
		sc.look(rows.codes, sc.method.halves, rows, sc.home.numbers, q0, n)
	}
	if sc.waiting != nil && !byBits {
		for i := range n {
			sc.sortOut(rows, q0+i, i, n)
		}
		return sc.admitMany()
	}
	for b := range rows.blocks() {
		for i := range n {
			mask := sc.masks[b*n+i] & rows.mask(b)
			if mask == 0 {
				continue
			}
			products := sc.products[(b*n+i)*blockRows:][:blockRows]
			if byBits {
				products = nil // of another kind
			}
			if err := sc.choose(rows.first+b*blockRows, q0+i, mask, products); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose refines those rows of a block that have their bit set.
func (sc *scanner) choose(at, query int, mask uint64, products []int32) error {
	rows, chosen := sc.passing, sc.chosen
	for ; mask != 0; mask &= mask - 1 {
		r := bits.TrailingZeros64(mask)
		rows = append(rows, int32(at+r))
		if products != nil {
			chosen = append(chosen, products[r])
		}
	}
	if products == nil {
		chosen = nil
	}
	return sc.refine(sc.home, query, rows, chosen)
}

// refine scores those of up to blockRows rows of a file that both halves of their codes pass.
func (sc *scanner) refine(in *home, query int, rows, products []int32) error {
	if len(rows) == 0 {
		return nil
	}
	sc.tally.refined += int64(len(rows))
	to := goal{in.numbers.part(query, 1), in.bearing.part(query, 1), sc.limit}
	to.limits[0] = in.codes.tables[1].limit(sc.to.least(query), to.lost[0], in.codes.dimension)
	rows = rows[:sc.method.bytes(in, to, rows, products)]
	sc.tally.rescored += int64(len(rows))
	one := sc.queries.part(query, 1)
	for len(rows) > 0 {
		run := 1
		for run < len(rows) && rows[run] == rows[0]+int32(run) {
			run++
		}
		sc.cosines(in.m, int(rows[0]), run, one, sc.out)
		if err := sc.to.take(query, in.id+int64(rows[0]), sc.out[:run]); err != nil {
			return err
		}
		rows = rows[run:]
	}
	return nil
}

// look fills masks and products by the first table of codes.
func (sc *scanner) look(from *codes, by bounder, rows span, qs numbers, q0, n int) {
	first := from.tables[0]
	for q := range n {
		sc.limits[q] = first.limit(sc.to.least(q0+q), qs.lost[q0+q], from.dimension)
	}
	by(first.span(rows.first, rows.blocks()), goal{qs.part(q0, n), sc.home.bearing.part(q0, n), sc.limits}, sc.masks, sc.products)
}

// lookAtBits fills masks by codes of one bit, if there are any and they decide enough.
func (sc *scanner) lookAtBits(rows span, q0, n int) bool {
	if rows.bits == nil || sc.restBits > 0 {
		sc.restBits -= rows.n
		return false
	}
	sc.look(rows.bits, sc.method.bits, rows, sc.home.signs, q0, n)
	passing := 0
	for _, mask := range sc.masks[:rows.blocks()*n] {
		passing += bits.OnesCount64(mask)
	}
	if passing*usefulBits > rows.n*n {
		sc.restBits = restBits
		return false
	}
	return true
}
