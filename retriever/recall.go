package retriever

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Recall is how much an approximate count finds, measured on random rows that were compared one by
// one.
type Recall struct {
	All    int64   `json:"all_rows"`    // rows of the index
	Rows   int64   `json:"random_rows"` // of those, the random ones that were compared
	Hits   int64   `json:"hits"`        // of those, the ones that a complete count has; over all persons
	Found  int64   `json:"found"`       // of the hits, those that the approximate count has
	Missed []int64 `json:"-"`           // of the hits, those that it lacks, by person
}

// Estimated is how many rows a complete count would have.
type Estimated struct{ Value, Low, High float64 }

// MeasureRecall compares random rows with the photos and looks which of those that are at or above
// the threshold the approximate count has. c says how many rows are drawn and by which seed.
func MeasureRecall(ctx context.Context, rows Rows, vectors VectorSource, images Matched, c Calibration) (*Recall, error) {
	n, err := rows.Len(ctx)
	if err != nil {
		return nil, fmt.Errorf("measuring the recall: %w", err)
	}
	r := &Recall{All: n, Missed: make([]int64, len(images.References))}
	for ids := range slices.Chunk(randomRows(n, int64(cmp.Or(c.Rows, defaultCalibrationRows)), c.Seed), calibrationBatch) {
		stored, err := vectors.Vectors(ctx, cmp.Or(c.Modality, Image), ids)
		if err != nil {
			return nil, fmt.Errorf("measuring the recall: %w", err)
		}
		for i, id := range ids {
			r.Rows++
			r.add(id, unit(stored[i]), images)
		}
	}
	return r, nil
}

// add compares one row with every person's photos.
func (r *Recall) add(id int64, v []float32, images Matched) {
	if !finite(v) {
		return
	}
	for person, ref := range images.References {
		if !slices.ContainsFunc(ref.Vectors, func(photo []float32) bool { return photo != nil && dot(photo, v) >= images.Threshold }) {
			continue
		}
		r.Hits++
		if _, found := slices.BinarySearch(images.Rows[person], id); found {
			r.Found++
		} else {
			r.Missed[person]++
		}
	}
}

// Estimate gives a person's rows, of which an approximate count has found some. The random rows show
// which share of all rows it lacks: no person's recall is taken for another's. Low is what was found;
// above High the truth is in one case of forty.
func (r Recall) Estimate(person int, found int64) Estimated {
	missed, share := r.Missed[person], highestShare(r.Missed[person], r.Rows, intervalAlpha/2)
	if r.Rows == r.All {
		exact := float64(found + missed)
		return Estimated{exact, float64(found), exact}
	}
	return Estimated{
		Value: float64(found) + float64(missed)/float64(max(1, r.Rows))*float64(r.All),
		Low:   float64(found),
		High:  min(float64(r.All), float64(found)+share*float64(r.All)),
	}
}

// EstimateImages makes estimates of image counts that an approximate index gave.
func EstimateImages(counts []Count, recall Recall) {
	for i := range counts {
		c := &counts[i]
		if c.Images == nil {
			continue
		}
		e := recall.Estimate(i, *c.Images)
		c.Estimate, c.Low, c.High, c.Exact = &e.Value, &e.Low, &e.High, false
	}
}
