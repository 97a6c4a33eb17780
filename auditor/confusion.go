package auditor

import "math"

// Confusion counts decisions by label. Persons without a label are in no cell.
type Confusion struct {
	TP int `json:"tp"` // members called members
	FN int `json:"fn"` // members called non-members
	FP int `json:"fp"` // non-members called members
	TN int `json:"tn"` // non-members called non-members
}

// Add counts one labelled person.
func (c *Confusion) Add(member, detected bool) {
	switch {
	case member && detected:
		c.TP++
	case member:
		c.FN++
	case detected:
		c.FP++
	default:
		c.TN++
	}
}

// Members is the number of labelled members.
func (c Confusion) Members() int { return c.TP + c.FN }

// NonMembers is the number of labelled non-members.
func (c Confusion) NonMembers() int { return c.FP + c.TN }

// TPR is TP / members, NaN without members.
func (c Confusion) TPR() float64 { return ratio(c.TP, c.Members()) }

// FPR is FP / non-members, NaN without non-members.
func (c Confusion) FPR() float64 { return ratio(c.FP, c.NonMembers()) }

// Accuracy is (TP + TN) / all labelled persons, NaN without any.
func (c Confusion) Accuracy() float64 { return ratio(c.TP+c.TN, c.Members()+c.NonMembers()) }

func ratio(x, n int) float64 {
	if n == 0 {
		return math.NaN()
	}
	return float64(x) / float64(n)
}
