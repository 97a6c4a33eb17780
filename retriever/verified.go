package retriever

import (
	"cmp"
	"fmt"
	"slices"
)

// The kinds of evidence whose rows can be verified, as Evidence.Kind has them.
const (
	kindMention = "mention"
	kindImage   = "image"
	kindFace    = "face"
)

// Verified is what looking at a sample of one person's counted rows found.
type Verified struct {
	Kind      string `json:"kind"` // of evidence
	ID        string `json:"id"`   // the person's
	Rows      int64  `json:"rows"` // counted
	Sample    int64  `json:"sample"`
	Confirmed int64  `json:"confirmed"` // of the sample: they show the person

	// Precision is Confirmed/Sample, with its exact interval of 95 % (Clopper-Pearson). When all rows
	// were looked at it is the share itself.
	Precision float64 `json:"precision"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
}

func newVerified(kind, id string, rows, sample, confirmed int64) Verified {
	v := Verified{Kind: kind, ID: id, Rows: rows, Sample: sample, Confirmed: confirmed}
	v.Precision = float64(confirmed) / float64(sample)
	v.Low, v.High = v.Precision, v.Precision
	if sample < rows {
		v.Low, v.High = lowestShare(confirmed, sample, intervalAlpha/2), highestShare(confirmed, sample, intervalAlpha/2)
	}
	return v
}

// byFaces widens the interval when faces did the looking, which miss some of the person's rows and take
// others for the person's: t says how many, of photos of the person and of others. The 2.5 % of each
// side are halved between the sample and the trial; a face that was missed says nothing for certain
// even when all rows were looked at.
func (v *Verified) byFaces(t FaceTrial) {
	wrong, found := 1.0, 0.0
	if t.Rows > 0 {
		wrong = highestShare(t.False, t.Rows, intervalAlpha/4)
	}
	if t.Photos > 1 {
		found = lowestShare(t.Found, t.Photos, intervalAlpha/4)
	}
	low, high := lowestShare(v.Confirmed, v.Sample, intervalAlpha/4), highestShare(v.Confirmed, v.Sample, intervalAlpha/4)
	v.Low = 0
	if low > wrong {
		v.Low = (low - wrong) / (1 - wrong)
	}
	v.High = 1
	if high < found {
		v.High = high / found
	}
}

// ApplyVerified makes the estimate of each count that was verified: the counted rows times the
// precision, with its bounds. It is exact when somebody looked at every row. Faces that were missed
// stay in the upper bound of a face count.
func ApplyVerified(counts []Count, verified []Verified) error {
	for _, v := range verified {
		at := slices.IndexFunc(counts, func(c Count) bool { return c.ID == v.ID })
		if at < 0 {
			return fmt.Errorf("verified rows of %s, who was not counted", v.ID)
		}
		c := &counts[at]
		if c.estimated() != v.Kind {
			continue
		}
		n := float64(v.Rows)
		estimate, low, high := n*v.Precision, n*v.Low, n*v.High
		if v.Kind == kindFace && c.High != nil {
			high = max(high, *c.High)
		}
		c.Estimate, c.Low, c.High = &estimate, &low, &high
		c.Exact = low == high && v.Sample == v.Rows
	}
	return nil
}

// estimated is the kind of evidence behind the estimate.
func (c *Count) estimated() string {
	switch {
	case c.Mentions != nil:
		return kindMention
	case c.Images != nil:
		return kindImage
	case c.Faces != nil:
		return kindFace
	}
	return ""
}

// sampleKey is what is verified apart.
type sampleKey struct{ kind, id string }

func compareKeys(a, b sampleKey) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
}
