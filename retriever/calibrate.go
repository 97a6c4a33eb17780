package retriever

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// The bounds of a calibration: pairs of persons and pairs of photos and rows take 128 MiB each at
// most, and rows are read in batches.
const (
	maxCalibrationPairs    = 1 << 25
	calibrationBatch       = 1024
	defaultCalibrationRows = 10_000
)

// Calibration says how a threshold is chosen from the data.
type Calibration struct {
	FMR      float64  // share of pairs that may match although they should not, such as 1e-4
	Modality Modality // vectors of the rows; "" is Image
	Rows     int      // random rows the photos are compared with; 0 is 10,000, fewer where the index has fewer
	Seed     uint64   // of the random rows

	// PersonsAlone chooses by the photos of different persons alone where those are enough to show
	// the rate. How many of the pairs with random rows reach the threshold is measured, not obeyed.
	PersonsAlone bool
}

// Calibrated is a threshold and what it was chosen from.
type Calibrated struct {
	Threshold
	PersonPairs int `json:"person_pairs"` // photos of two different persons
	RowPairs    int `json:"row_pairs"`    // a photo and a random row
	Rows        int `json:"rows"`         // random rows compared
	LeftOut     int `json:"left_out"`     // pairs not used, because the row's caption mentions the photo's person

	// PersonPhotos is how many photos of each person were compared with other persons', where all
	// would have been too many; 0 is all.
	PersonPhotos int `json:"person_photos,omitempty"`

	// RowsObserved is the share of the row pairs at or above the threshold where the persons' pairs
	// alone chose it; nil where all did. Rows that show a person without a name are in it.
	RowsObserved *float64 `json:"rows_observed,omitempty"`
}

// Calibrate chooses the threshold for a false-match rate, from the cosines between photos of
// different persons, and between photos and random rows of the index. A row whose caption
// mentions a person (Strict) is not compared with that person's photos. The threshold keeps the
// rate over all pairs together, and over the pairs of different persons alone where there are
// enough of them to show it: faces are closer to each other than to rows of any kind.
//
// A row that shows a person without saying so raises the threshold: the rate is never above what
// was asked for.
func Calibrate(ctx context.Context, rows Rows, vectors VectorSource, roster *Roster, refs []References, c Calibration) (*Calibrated, error) {
	s := &rowSample{roster: roster, refs: refs, modality: cmp.Or(c.Modality, Image)}
	out, persons, err := s.calibratePersons(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.addRows(ctx, rows, vectors, c); err != nil {
		return nil, fmt.Errorf("choosing a threshold: %w", err)
	}
	return out, s.choose(out, persons, c)
}

// calibratePersons compares the photos of different persons; the threshold is nil where they are too
// few for the rate.
func (s *rowSample) calibratePersons(ctx context.Context, c Calibration) (*Calibrated, *Threshold, error) {
	var out Calibrated
	var err error
	if s.similarities, out.PersonPhotos, err = PersonPairs(ctx, s.refs, c.Seed); err != nil {
		return nil, nil, fmt.Errorf("choosing a threshold: %w", err)
	}
	out.PersonPairs = len(s.similarities)
	persons, err := ThresholdForFMR(s.similarities, c.FMR)
	switch {
	case errors.Is(err, errTooFewPairs):
		return &out, nil, nil
	case err != nil:
		return nil, nil, fmt.Errorf("choosing a threshold: among photos of different persons: %w", err)
	}
	return &out, &persons, nil
}

// choose puts the threshold into out. persons is nil where their pairs are too few.
func (s *rowSample) choose(out *Calibrated, persons *Threshold, c Calibration) error {
	n := len(s.similarities)
	out.Rows, out.LeftOut, out.RowPairs = s.rows, s.leftOut, n-out.PersonPairs
	if c.PersonsAlone && persons != nil {
		out.Threshold = *persons
		reached := 0
		for _, x := range s.similarities[out.PersonPairs:] {
			if x >= persons.Value {
				reached++
			}
		}
		share := float64(reached) / float64(max(out.RowPairs, 1))
		out.RowsObserved = &share
		return nil
	}
	all, err := ThresholdForFMR(s.similarities, c.FMR)
	if err != nil {
		return fmt.Errorf("choosing a threshold: %w", err)
	}
	if persons != nil && persons.Value > all.Value {
		all.Value, all.Observed = persons.Value, float64(n-firstAt(s.similarities, persons.Value))/float64(n)
	}
	out.Threshold = all
	return nil
}

// rowSample gathers the similarities between photos and rows.
type rowSample struct {
	roster        *Roster
	refs          []References
	modality      Modality
	similarities  []float32
	rows, leftOut int
}

func (s *rowSample) addRows(ctx context.Context, rows Rows, vectors VectorSource, c Calibration) error {
	photos := 0
	for _, r := range s.refs {
		photos += len(r.Vectors)
	}
	if photos == 0 {
		return errors.New("there is no photo to compare; give each person a folder of photos")
	}
	if err := s.roster.Validate(); err != nil {
		return err
	}
	n, err := rows.Len(ctx)
	if err != nil {
		return err
	}
	want := min(int64(cmp.Or(c.Rows, defaultCalibrationRows)), int64(maxCalibrationPairs/photos))
	m, scratch := newStrictMatcher(s.roster), newScratch(len(s.roster.Persons))
	for ids := range slices.Chunk(randomRows(n, want, c.Seed), calibrationBatch) {
		found, err := rows.Get(ctx, ids)
		if err != nil {
			return err
		}
		stored, err := vectors.Vectors(ctx, s.modality, ids)
		if err != nil {
			return err
		}
		for i := range found {
			s.add(&found[i], unit(stored[i]), m.find(found[i].Caption, scratch))
		}
	}
	return nil
}

// add compares one row with every photo but those of the persons whom its caption mentions.
func (s *rowSample) add(row *Row, v []float32, mentioned []match) {
	if row.Erased || !finite(v) {
		return
	}
	s.rows++
	for i := range s.refs {
		_, named := slices.BinarySearchFunc(mentioned, int32(i), func(m match, p int32) int { return cmp.Compare(m.person, p) })
		for _, photo := range s.refs[i].Vectors {
			switch {
			case photo == nil:
			case named:
				s.leftOut++
			default:
				s.similarities = append(s.similarities, dot(photo, v))
			}
		}
	}
}

// randomRows draws want different numbers below n, in increasing order; all when there are fewer.
func randomRows(n, want int64, seed uint64) []int64 {
	if want >= n {
		want = max(n, 0)
	}
	random := rand.New(rand.NewPCG(seed, math.MaxUint64))
	drawn := make(map[int64]struct{}, want)
	// Floyd's sampling: as many draws as numbers wanted.
	for top := n - want; top < n; top++ {
		x := random.Int64N(top + 1)
		if _, taken := drawn[x]; taken {
			x = top
		}
		drawn[x] = struct{}{}
	}
	ids := make([]int64, 0, len(drawn))
	for id := range drawn {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
