package vectors

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// seedRows is how many rows a worker goes through from the best down before it goes through the
// others in order.
func seedRows(queries int) int {
	if queries == 1 {
		return 4096
	}
	return 1024
}

// scoreBest goes through a span from the rows whose codes promise most to those that cannot be
// wanted any more. A search for the nearest rows begins so: in order, it would score nearly all of
// its first rows, for want of better ones seen.
func (sc *scanner) scoreBest(ctx context.Context, rows span) error {
	first := rows.codes.tables[0]
	blocks := (rows.n + blockRows - 1) / blockRows
	masks, ends := make([]uint64, blocks), make([]float32, blocks*blockRows)
	everything := []float32{-math.MaxFloat32}
	order := make([]int, 0, len(ends))
	for q := range sc.queries.n {
		if err := ctx.Err(); err != nil {
			return err
		}
		sc.method.halves(first.span(rows.first, blocks), blocks, first.stride, sc.queries.narrow.part(q, 1), sc.bearing.part(q, 1), everything, masks, ends)
		order = order[:0]
		least := first.limit(sc.to.least(q), sc.queries.narrow.lost[q], rows.codes.dimension)
		for r := range rows.n {
			if masks[r/blockRows]>>(r%blockRows)&1 == 1 && ends[r] >= least {
				order = append(order, r)
			}
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(ends[b], ends[a]) })
		for _, r := range order {
			if ends[r] < first.limit(sc.to.least(q), sc.queries.narrow.lost[q], rows.codes.dimension) {
				break
			}
			b := r / blockRows * blockRows
			if err := sc.refine(rows.part(b, min(blockRows, rows.n-b)), q, 1<<(r%blockRows)); err != nil {
				return err
			}
		}
	}
	return nil
}
