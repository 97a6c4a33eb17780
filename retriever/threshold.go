package retriever

import (
	"fmt"
	"math"
	"slices"
)

// Threshold is a similarity chosen for a false-match rate.
type Threshold struct {
	Value    float32 `json:"value"`    // the least similarity that counts as a match
	FMR      float64 `json:"fmr"`      // the rate asked for
	Observed float64 `json:"observed"` // share of the pairs at or above Value, at most FMR
	Pairs    int     `json:"pairs"`    // pairs of different persons, or of a person and a row, behind it
}

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
		return Threshold{}, fmt.Errorf("a false-match rate of %v needs at least %.0f pairs that do not match, and there are %d; "+
			"add persons or photos, compare with more rows, or ask for a higher rate", fmr, need, n)
	}
	slices.Sort(similarities)
	if math.IsNaN(float64(similarities[0])) { // NaN sorts first
		return Threshold{}, fmt.Errorf("a similarity is not a number; check the photos' vectors")
	}
	allowed := int(fmr*float64(n) + 1e-9)
	value := math.Nextafter32(similarities[n-1-allowed], float32(math.Inf(1)))
	at, _ := slices.BinarySearch(similarities, value)
	return Threshold{Value: value, FMR: fmr, Observed: float64(n-at) / float64(n), Pairs: n}, nil
}

// DifferentPersons calls visit with the cosine of every pair of usable photos of two different
// persons. Vectors must be unit vectors of one dimension. Persons who share a name are compared as
// any others: they are different.
func DifferentPersons(refs []References, visit func(similarity float32)) {
	for i := range refs {
		for k := range i {
			for _, v := range refs[i].Vectors {
				for _, w := range refs[k].Vectors {
					if v != nil && w != nil {
						visit(dot(v, w))
					}
				}
			}
		}
	}
}
