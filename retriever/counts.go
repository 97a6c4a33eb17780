package retriever

import (
	"math"
	"slices"
)

// Count is how often one person is in a data set, by each kind of evidence. nil was not measured.
type Count struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	Mentions         *int64 `json:"mentions"`          // rows whose caption mentions the person
	MentionsDistinct *int64 `json:"mentions_distinct"` // those without repeated URLs and repeated captions
	Images           *int64 `json:"images"`            // rows whose image is close to the person's photos
	Faces            *int64 `json:"faces"`             // rows with a face that matches the person's
	MentionAndFace   *int64 `json:"mention_and_face"`  // rows with both: those a model can learn the name from

	// Estimate is the count to work with, between Low and High. They are the mentions, or the images
	// where captions were not counted, and equal when Exact.
	Estimate *float64 `json:"estimate"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`

	Exact   bool `json:"exact"`          // every row was compared
	Homonym bool `json:"homonym"`        // another person of the roster has a name in common
	Mode    Mode `json:"mode,omitempty"` // rule of the mentions; "" when captions were not counted

	Presence *Presence `json:"presence,omitempty"` // whether the person is there at all; of mode CC3M
}

// Counts puts together what was counted for the persons of a roster; a part that was not counted
// is nil.
func Counts(roster *Roster, mentions *MentionCounts, images *ImageCounts) []Count {
	out := make([]Count, len(roster.Persons))
	for i := range out {
		p := &roster.Persons[i]
		c := Count{ID: p.ID, Name: p.Name, Homonym: p.Homonym}
		if images != nil {
			c.Images = images.Persons[i].Rows
			c.setExact(c.Images)
		}
		if mentions != nil {
			c.Mode = mentions.Mode
			c.Mentions = &mentions.Persons[i].Rows
			c.MentionsDistinct = mentions.Persons[i].Distinct
			c.setExact(c.Mentions)
		}
		out[i] = c
	}
	return out
}

// PresenceCounts puts together what the rule of CC3M found. It counts nothing: whoever is among the
// nearest rows of a photo need not be all that there are.
func PresenceCounts(roster *Roster, found *Presences) []Count {
	out := make([]Count, len(roster.Persons))
	for i := range out {
		p := &roster.Persons[i]
		out[i] = Count{ID: p.ID, Name: p.Name, Homonym: p.Homonym, Mode: CC3M, Presence: &found.Persons[i]}
	}
	return out
}

// AddFaces puts face counts into counts of the same roster. faced are the rows that were counted of each
// person, mentioned those that mention the person, in order; nil when mentions were not counted. Where
// neither captions nor images were counted, the faces are the estimate, between the bounds of
// FaceTrial.Interval: that every face was compared does not make the count of the person's rows exact.
// rows is the number of the index's.
func AddFaces(counts []Count, faces *ImageCounts, faced, mentioned [][]int64, trials []FaceTrial, rows int64) {
	for i := range counts {
		c := &counts[i]
		c.Faces = faces.Persons[i].Rows
		if mentioned != nil && c.Faces != nil {
			both := inBoth(faced[i], mentioned[i])
			c.MentionAndFace = &both
		}
		if c.Estimate == nil && c.Faces != nil {
			n := float64(*c.Faces)
			low, high := trials[i].Interval(*c.Faces, rows)
			c.Estimate, c.Low, c.High = &n, &low, &high
		}
	}
}

// inBoth counts the rows of a that are in b, which is in order.
func inBoth(a, b []int64) (n int64) {
	for _, row := range a {
		if _, found := slices.BinarySearch(b, row); found {
			n++
		}
	}
	return n
}

// setExact makes n the estimate, without an interval around it.
func (c *Count) setExact(n *int64) {
	if n == nil {
		return
	}
	f := float64(*n)
	c.Estimate, c.Low, c.High, c.Exact = &f, &f, &f, true
}

// Training is the count that an audit sets detection against: the estimate as a whole number. It is nil
// where it was not measured, and where none were found by evidence that misses some: an estimate of 0
// below a bound of one or more does not say that the person is absent.
func (c *Count) Training() *int64 {
	if c.Estimate == nil {
		return nil
	}
	n := int64(math.Round(*c.Estimate))
	if n == 0 && !c.Exact && (c.High == nil || *c.High >= 1) {
		return nil
	}
	return &n
}

// Membership is the study's label for a count: "non_member" at 0, else "member".
func Membership(count int64) string {
	if count == 0 {
		return "non_member"
	}
	return "member"
}

// PaperBin gives the study's frequency bin of a count, as pandas writes an interval that is closed
// on the left. It is "" from 1,000,000 on, where the study's bins end. The study has no edge at 175.
func PaperBin(count int64) string {
	edges := []struct {
		below int64
		text  string
	}{
		{25, "[0, 25)"}, {50, "[25, 50)"}, {75, "[50, 75)"}, {100, "[75, 100)"}, {125, "[100, 125)"},
		{150, "[125, 150)"}, {200, "[150, 200)"}, {225, "[200, 225)"}, {250, "[225, 250)"},
		{275, "[250, 275)"}, {300, "[275, 300)"}, {1_000_000, "[300, 1000000)"},
	}
	for _, e := range edges {
		if count >= 0 && count < e.below {
			return e.text
		}
	}
	return ""
}
