package vectors

import (
	"context"
	"math"
	"math/bits"
)

const (
	denseRows  = 16 // rows of a block that pass from which scoring the whole block is cheaper
	usefulPart = 4  // codes are left alone for a while when they pass more than one pair in so many
	restSpans  = 7  // the while: spans
)

// scanner is one worker of a scan.
type scanner struct {
	cosines kernel
	bound   bounder
	queries unitQueries
	coded   codeQueries
	to      sink
	out     []float32

	codes    *codes    // whose bases are at hand
	bases    []float64 // by query
	limits   []float32
	masks    []uint64
	rest     int // spans to go before codes are tried again
	rescored int64
}

func newScanner(by method, dimension int, qs unitQueries, coded codeQueries, to sink) *scanner {
	group := min(queriesAtAll, qs.n)
	return &scanner{
		cosines: by.cosines(dimension), bound: by.bound, queries: qs, coded: coded, to: to,
		out: make([]float32, rowsAtOnce(group)*group), limits: make([]float32, group), masks: make([]uint64, rowsAtOnce(group)/blockRows*group),
	}
}

// scan goes through a span: by its codes where they decide enough, else row by row.
func (sc *scanner) scan(ctx context.Context, sp span) error {
	if sp.codes == nil {
		return sc.each(ctx, sp, sc.scoreAll)
	}
	if sc.rest > 0 {
		sc.rest--
		return sc.each(ctx, sp, sc.scoreAll)
	}
	if sc.codes != sp.codes {
		sc.codes, sc.bases = sp.codes, sp.codes.bases(sc.queries)
	}
	before := sc.rescored
	if err := sc.each(ctx, sp, sc.scorePassing); err != nil {
		return err
	}
	if (sc.rescored-before)*usefulPart > int64(sp.n)*int64(sc.queries.n) {
		sc.rest = restSpans
	}
	return nil
}

// each gives score a few rows and queries at a time.
func (sc *scanner) each(ctx context.Context, sp span, score func(rows span, q0, n int) error) error {
	step := rowsAtOnce(sc.queries.n)
	for done := 0; done < sp.n; done += step {
		rows := span{sp.m, sp.codes, sp.first + done, min(step, sp.n-done), sp.id + int64(done)}
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

// scorePassing scores the rows that may reach what is wanted.
func (sc *scanner) scorePassing(rows span, q0, n int) error {
	for q := range n {
		sc.limits[q] = rows.codes.limit(sc.to.least(q0+q), sc.bases[q0+q], sc.coded.lost[q0+q])
	}
	blocks := (rows.n + blockRows - 1) / blockRows
	sc.bound(rows.codes.span(rows.first, blocks), blocks, rows.codes.stride, sc.coded.group(q0, n), sc.limits[:n], sc.masks)
	for b := range blocks {
		first := b * blockRows
		block := span{rows.m, rows.codes, rows.first + first, min(blockRows, rows.n-first), rows.id + int64(first)}
		for q := range n {
			mask := sc.masks[b*n+q] & (math.MaxUint64 >> (blockRows - block.n))
			if err := sc.scoreMask(block, q0+q, mask); err != nil {
				return err
			}
		}
	}
	return nil
}

// scoreMask scores those rows of a block that have their bit set.
func (sc *scanner) scoreMask(block span, query int, mask uint64) error {
	passing := bits.OnesCount64(mask)
	sc.rescored += int64(passing)
	if passing >= denseRows {
		return sc.scoreAll(block, query, 1)
	}
	one := sc.queries.part(query, 1)
	for ; mask != 0; mask &= mask - 1 {
		r := bits.TrailingZeros64(mask)
		sc.cosines(block.m, block.first+r, 1, one, sc.out)
		if err := sc.to.take(query, block.id+int64(r), sc.out[:1]); err != nil {
			return err
		}
	}
	return nil
}
