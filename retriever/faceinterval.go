package retriever

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// intervalAlpha is how often an interval of an estimate may miss the truth: 5 % in all, half of it on
// each side.
const intervalAlpha = 0.05

// FaceTrial is how one person's face count does where the truth is known.
type FaceTrial struct {
	// Found of Photos of the person match another of the person's photos. A row that shows the
	// person is found as often, where the rows' pictures are as hard as the photos. A photo in which
	// no face was found is a miss.
	Photos int64 `json:"photos"`
	Found  int64 `json:"found"`

	// False of Rows random rows that do not mention the person were counted. They show somebody
	// else, or the person without saying so: their share is an upper bound of the false matches'.
	Rows  int64 `json:"random_rows"`
	False int64 `json:"false"`
	All   bool  `json:"all_rows"` // the random rows are all that there are
}

// Interval gives the rows of an index that may show a person of whom counted rows have the face, with
// a confidence of 95 %. Low takes away as many rows as the upper bound of the false matches' share
// allows. High is the most rows among which so few are found by chance, at the lower bound of the
// share that is found; the error of 2.5 % is halved between the two.
func (t FaceTrial) Interval(counted, rows int64) (low, high float64) {
	wrong := float64(t.False)
	if !t.All {
		wrong = highestShare(t.False, t.Rows, intervalAlpha/2) * float64(rows)
	}
	low = max(0, float64(counted)-wrong)
	if t.Photos < 2 {
		return low, float64(rows)
	}
	found := lowestShare(t.Found, t.Photos, intervalAlpha/4)
	return low, float64(mostTrials(counted, found, intervalAlpha/4, rows))
}

// Matched is what a count of images or faces matched.
type Matched struct {
	References []References // of each person
	Threshold  float32
	Rows       [][]int64 // counted, of each person, in order
}

// TryFaces measures each person's face count: on the person's own photos, each left out once, and on
// random rows. c says how many rows and by which seed.
func TryFaces(ctx context.Context, rows Rows, roster *Roster, faces Matched, c Calibration) ([]FaceTrial, error) {
	trials := make([]FaceTrial, len(faces.References))
	for i, r := range faces.References {
		trials[i].Photos, trials[i].Found = leaveOneOut(r, faces.Threshold)
	}
	n, err := rows.Len(ctx)
	if err != nil {
		return nil, fmt.Errorf("trying the face counts: %w", err)
	}
	m, scratch := newStrictMatcher(roster), newScratch(len(roster.Persons))
	want := int64(cmp.Or(c.Rows, defaultCalibrationRows))
	for i := range trials {
		trials[i].All = want >= n
	}
	sample := randomRows(n, want, c.Seed)
	for ids := range slices.Chunk(sample, calibrationBatch) {
		found, err := rows.Get(ctx, ids)
		if err != nil {
			return nil, fmt.Errorf("trying the face counts: %w", err)
		}
		for k := range found {
			if !found[k].Erased {
				tryRow(trials, faces.Rows, found[k].ID, m.find(found[k].Caption, scratch))
			}
		}
	}
	return trials, nil
}

// tryRow adds one random row to the trials of the persons whom it does not mention.
func tryRow(trials []FaceTrial, counted [][]int64, row int64, mentioned []match) {
	for i := range trials {
		if slices.ContainsFunc(mentioned, func(m match) bool { return m.person == int32(i) }) {
			continue
		}
		trials[i].Rows++
		if _, hit := slices.BinarySearch(counted[i], row); hit {
			trials[i].False++
		}
	}
}

// leaveOneOut compares each photo with the others of the same person.
func leaveOneOut(r References, threshold float32) (photos, found int64) {
	photos = int64(r.NoFace)
	for i, v := range r.Vectors {
		if v == nil {
			continue
		}
		photos++
		others := func(w []float32) bool { return w != nil && dot(v, w) >= threshold }
		if slices.ContainsFunc(r.Vectors[:i], others) || slices.ContainsFunc(r.Vectors[i+1:], others) {
			found++
		}
	}
	return photos, found
}
