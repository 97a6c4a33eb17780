package auditor

import (
	"context"
	"math"
	"slices"

	"rollcall/auditor/similarity"
	"rollcall/retriever"
)

const (
	fewNeighbours  = 100  // photos below which their own likeness says too little
	mostNeighbours = 1000 // photos whose nearest is looked for
	nearnessSD     = 3.09 // 1 in 1,000 of a normal distribution lies further out
)

// nearDuplicateCosine is the cosine from which two images count as near-duplicates under the model
// that made the vectors. A fixed one suits one model only: small models see different pictures as
// much alike. So the photos under audit, which are different pictures, show how near the nearest
// other one usually lies: of x = -log(1 - cosine) over photos, the median and 3.09 standard
// deviations more, estimated from the median absolute deviation, which some true near-duplicates
// among the photos do not move. The result is never below retriever.NearDuplicateCosine, and with
// fewer than 100 photos it is that.
func nearDuplicateCosine(ctx context.Context, g *gallery) (float64, error) {
	if len(g.files) < fewNeighbours {
		return retriever.NearDuplicateCosine, nil
	}
	nearest, err := nearestOthers(ctx, g)
	if err != nil {
		return 0, err
	}
	x := make([]float64, len(nearest))
	for i, cosine := range nearest {
		x[i] = -math.Log(max(1-float64(cosine), 1e-6))
	}
	middle := median(x)
	for i := range x {
		x[i] = math.Abs(x[i] - middle)
	}
	const sdOfMAD = 1.4826 // of a normal distribution (Hampel 1974)
	fence := 1 - math.Exp(-(middle + nearnessSD*sdOfMAD*median(x)))
	return max(fence, retriever.NearDuplicateCosine), nil
}

// nearestOthers gives the largest cosine of photos, at most 1,000 evenly spaced ones, with any
// other photo.
func nearestOthers(ctx context.Context, g *gallery) ([]float32, error) {
	step := (len(g.files) + mostNeighbours - 1) / mostNeighbours
	var chosen [][]float32
	for at := 0; at < len(g.files); at += step {
		chosen = append(chosen, g.vectors[at*g.dim:(at+1)*g.dim])
	}
	packed, err := similarity.Pack(chosen)
	if err != nil {
		return nil, err
	}
	nearest := slices.Repeat([]float32{-1}, len(chosen))
	const rows = 64
	out := make([]float32, rows*packed.Stride())
	for first := 0; first < len(g.files); first += rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		last := min(first+rows, len(g.files))
		packed.Multiply(g.vectors[first*g.dim:last*g.dim], out)
		for row := first; row < last; row++ {
			cosines := out[(row-first)*packed.Stride():]
			for i := range chosen {
				if i*step != row {
					nearest[i] = max(nearest[i], cosines[i])
				}
			}
		}
	}
	return nearest, nil
}

// median is the middle value, the higher one of two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
