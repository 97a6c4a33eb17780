package retriever

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Threshold is a similarity chosen for a false-match rate.
type Threshold struct {
	Value    float32 `json:"value"`    // the least similarity that counts as a match
	FMR      float64 `json:"fmr"`      // the rate asked for
	Observed float64 `json:"observed"` // share of the pairs at or above Value, at most FMR
	Pairs    int     `json:"pairs"`    // pairs of different persons, or of a person and a row, behind it
}

var errTooFewPairs = errors.New("pairs that do not match")

// ThresholdForFMR chooses the smallest threshold at which no more than the share fmr of the
// similarities reaches it. They are those of pairs known not to match: photos of different
// persons, photos and random rows. Fewer than 1/fmr of them cannot show the rate: the error says
// how many are needed. similarities is sorted in place.
func ThresholdForFMR(similarities []float32, fmr float64) (Threshold, error) {
	if !(fmr > 0 && fmr < 1) {
		return Threshold{}, fmt.Errorf("a false-match rate of %v cannot be had; use a number between 0 and 1, such as 1e-4", fmr)
	}
	n := len(similarities)
	// A trifle less than 1/fmr, so that 1/1e-4 rounds to 10,000.
	if need := math.Ceil(1/fmr - 1e-12/fmr); float64(n) < need {
		return Threshold{}, fmt.Errorf("a false-match rate of %v needs at least %.0f %w, and there are %d; "+
			"add persons or photos, compare with more rows, or ask for a higher rate", fmr, need, errTooFewPairs, n)
	}
	slices.Sort(similarities)
	if math.IsNaN(float64(similarities[0])) { // NaN sorts first
		return Threshold{}, fmt.Errorf("a similarity is not a number; check the photos' vectors")
	}
	allowed := int(fmr*float64(n) + 1e-9)
	value := math.Nextafter32(similarities[n-1-allowed], float32(math.Inf(1)))
	if value > 1 {
		return Threshold{}, fmt.Errorf("a false-match rate of %v cannot be had: %d of %d pairs that should not match have a cosine of 1; "+
			"look for a photo that is in the folders of two persons, or in the data set", fmr, n-firstAt(similarities, 1), n)
	}
	return Threshold{Value: value, FMR: fmr, Observed: float64(n-firstAt(similarities, value)) / float64(n), Pairs: n}, nil
}

// firstAt is where the similarities, which are sorted, reach x.
func firstAt(similarities []float32, x float32) int {
	at, _ := slices.BinarySearch(similarities, x)
	return at
}

// PersonPairs gives the cosines of photos of two different persons, every pair of usable ones. Vectors
// must be unit vectors of one dimension. Persons who share a name are compared as any others: they
// are different. Where there would be more than maxCalibrationPairs, only so many photos of each
// person are taken, drawn by seed, as stay below it: photos says how many, 0 where all were.
func PersonPairs(ctx context.Context, refs []References, seed uint64) (similarities []float32, photos int, err error) {
	usable, most := make([][][]float32, len(refs)), 0
	for i, r := range refs {
		for _, v := range r.Vectors {
			if v != nil {
				usable[i] = append(usable[i], v)
			}
		}
		most = max(most, len(usable[i]))
	}
	if countPairs(usable, most) > maxCalibrationPairs {
		photos = sort.Search(most, func(k int) bool { return countPairs(usable, k+1) > maxCalibrationPairs })
		random := rand.New(rand.NewPCG(seed, math.MaxUint64-1))
		for i := range usable {
			random.Shuffle(len(usable[i]), func(a, b int) { usable[i][a], usable[i][b] = usable[i][b], usable[i][a] })
			usable[i] = usable[i][:min(photos, len(usable[i]))]
		}
	}
	for i := range usable {
		for _, one := range usable[i] {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			for k := range i {
				for _, other := range usable[k] {
					similarities = append(similarities, dot(one, other))
				}
			}
		}
	}
	return similarities, photos, nil
}

// countPairs is how many pairs of different persons most photos of each make: the pairs of all, less
// those within a person.
func countPairs(photos [][][]float32, most int) int {
	all, within := 0, 0
	for _, p := range photos {
		n := min(len(p), most)
		all, within = all+n, within+n*(n-1)/2
	}
	return all*(all-1)/2 - within
}
