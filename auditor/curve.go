package auditor

import (
	"context"
	"fmt"
	"math"

	"rollcall/auditor/stats"
)

// mostK is the largest number of photos that the published curves use.
const mostK = 30

// curve runs the published experiment: k photos of everyone who takes part, several draws for
// every k. nil, with a warning, when nobody takes part.
func (a *audit) curve(ctx context.Context) (c *Curve, warning string, err error) {
	o, winners := a.o, a.evidence.winners
	persons, fewest := participants(o, winners)
	c = &Curve{Rule: curveRule(o), Persons: len(persons)}
	if len(persons) == 0 {
		return nil, fmt.Sprintf("no curve over k: nobody takes part (%s); lower the number of photos needed to use what there is", c.Rule), nil
	}
	ks := o.Ks
	if ks == nil {
		ks = PaperKs(min(mostK, fewest))
		if fewest < mostK {
			c.Skipped = append(c.Skipped, fmt.Sprintf("k stops at %d, the fewest photos of anyone taking part; the published curves go to %d", fewest, mostK))
		}
	}
	bins := memberBins(o, persons)
	for _, b := range bins {
		c.Bins = append(c.Bins, b.Label)
	}
	subjects, ids := make([]Subject, len(persons)), make([]string, len(persons))
	for i, person := range persons {
		subjects[i] = Subject{winners[person], a.names.Person[person]}
		ids[i] = o.Persons[person].ID
	}
	var possible []int
	for _, k := range ks {
		if k > fewest {
			c.Skipped = append(c.Skipped, fmt.Sprintf("k = %d skipped: somebody taking part has only %d photos", k, fewest))
			continue
		}
		possible = append(possible, k)
	}
	correct, err := Sweep(ctx, subjects, possible, o.Draws, o.Workers, seededDraws(o.Seed, ids))
	if err != nil {
		return nil, "", err
	}
	for i, k := range possible {
		c.Points = append(c.Points, curvePoint(o, k, correct[i], persons, bins))
	}
	return c, "", nil
}

// participants are the persons of the curve and the fewest photos that one of them has.
func participants(o Options, winners []Winners) (persons []int, fewest int) {
	for i, p := range o.Persons {
		photos := winners[i].Photos()
		if photos < o.MinPhotos || (o.MaxCount > 0 && p.Count != nil && *p.Count >= o.MaxCount) {
			continue
		}
		if len(persons) == 0 || photos < fewest {
			fewest = photos
		}
		persons = append(persons, i)
	}
	return persons, fewest
}

func curveRule(o Options) string {
	rule := fmt.Sprintf("persons with %d or more photos", o.MinPhotos)
	if o.MaxCount > 0 {
		rule += fmt.Sprintf(" and a training count below %d", o.MaxCount)
	}
	return rule
}

// memberBins are the frequency bins of the members among the participants.
func memberBins(o Options, persons []int) []Bin {
	var counts []int64
	for _, i := range persons {
		if p := o.Persons[i]; p.Member != nil && *p.Member && p.Count != nil {
			counts = append(counts, *p.Count)
		}
	}
	if len(counts) == 0 {
		return nil
	}
	return binsOf(counts)
}

// curvePoint sums up the draws of one k. correct is by draw and participant.
func curvePoint(o Options, k int, correct [][]int, persons []int, bins []Bin) CurvePoint {
	point := CurvePoint{K: k, Draws: len(correct)}
	var members, nonMembers [][]bool // by person, whether detected in each draw
	inBins := make([][][]bool, len(bins))
	for i, person := range persons {
		p := o.Persons[person]
		if p.Member == nil {
			continue
		}
		hits := make([]bool, len(correct))
		for d := range correct {
			hits[d] = correct[d][i] >= o.Tau
		}
		if !*p.Member {
			nonMembers = append(nonMembers, hits)
			continue
		}
		members = append(members, hits)
		for b := range bins {
			if p.Count != nil && bins[b].holds(*p.Count) {
				inBins[b] = append(inBins[b], hits)
			}
		}
	}
	point.Members, point.NonMembers = len(members), len(nonMembers)
	point.TPR = drawRate(o, members, nil)
	point.FNR = point.TPR.complement()
	point.FPR = drawRate(o, nonMembers, nil)
	point.TNR = point.FPR.complement()
	point.Accuracy = drawRate(o, members, nonMembers)
	for b := range bins {
		point.ByBin = append(point.ByBin, stats.Number(meanDetected(inBins[b])))
	}
	return point
}

// drawRate is the share of (person, draw) with the wanted decision: detected for the persons of
// yes, not detected for those of no.
func drawRate(o Options, yes, no [][]bool) DrawRate {
	n := len(yes) + len(no)
	counts := make([]float64, o.Draws)
	for d := range counts {
		counts[d] = float64(agreeing(yes, d, true) + agreeing(no, d, false))
	}
	if n == 0 {
		undefined := stats.Number(math.NaN())
		return DrawRate{stats.MeanShare(0, 0, o.Confidence), undefined, undefined}
	}
	size := float64(n)
	return DrawRate{
		Mean:         stats.MeanShare(stats.Mean(counts), n, o.Confidence),
		SD:           stats.Number(stats.SD(counts, 1) / size),
		SDPopulation: stats.Number(stats.SD(counts, 0) / size),
	}
}

func agreeing(persons [][]bool, draw int, wanted bool) int {
	n := 0
	for _, hits := range persons {
		if hits[draw] == wanted {
			n++
		}
	}
	return n
}

// complement is the rate of the opposite decision.
func (r DrawRate) complement() DrawRate {
	m := r.Mean
	m.Value, m.Low, m.High = 1-m.Value, 1-m.High, 1-m.Low
	return DrawRate{m, r.SD, r.SDPopulation}
}

// meanDetected is the share of (person, draw) with a detection; NaN without persons.
func meanDetected(persons [][]bool) float64 {
	hits, n := 0, 0
	for _, draws := range persons {
		for _, hit := range draws {
			n++
			if hit {
				hits++
			}
		}
	}
	return ratio(hits, n)
}
