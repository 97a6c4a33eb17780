package auditor

import (
	"context"
	"math"

	"rollcall/auditor/stats"
)

// scores is one person's continuous score and its rank among decoys.
type scores struct {
	own, decoyMean, decoySD float64
	z                       float64 // NaN with fewer than two decoys
	decoys                  int
	p                       float64
	pOthers                 float64 // NaN with one person alone
	swapP                   float64 // NaN without a swap partner
}

// rankScores scores every person with photos. The score of a name on a person's photos is the mean
// cosine over photos and prompts; p ranks the true name's score among the decoys'. The second axis,
// the name on everybody else's photos, uses the mean of the other persons' means.
func rankScores(persons []Person, names Candidates, e *evidence, m *matcher, host []int) []scores {
	out := make([]scores, len(persons))
	withPhotos := 0
	for _, w := range e.winners {
		if w.Photos() > 0 {
			withPhotos++
		}
	}
	for i, p := range persons {
		if e.winners[i].Photos() == 0 {
			continue
		}
		matched := m.decoys(p)
		decoys := take(e.decoys[i], matched)
		s := scores{own: e.own[i], decoys: len(matched), p: stats.RankP(e.own[i], decoys), pOthers: math.NaN(), swapP: math.NaN()}
		s.decoyMean, s.decoySD = stats.Mean(decoys), stats.SD(decoys, 1)
		s.z = (s.own - s.decoyMean) / s.decoySD
		if withPhotos > 1 {
			s.pOthers = othersP(i, names, e, matched)
		}
		if h := host[i]; h >= 0 {
			s.swapP = stats.RankP(e.guest[faceSwap][h], take(e.decoys[h], matched))
		}
		out[i] = s
	}
	return out
}

// othersP ranks a person's name among decoys on all other persons' photos. The sums over the others
// stand for their means: dividing both sides by the same number leaves the rank.
func othersP(person int, names Candidates, e *evidence, matched []int) float64 {
	own := e.total[names.Person[person]] - e.own[person]
	decoys := make([]float64, len(matched))
	for i, d := range matched {
		decoys[i] = e.total[names.Decoys[d]] - e.decoys[person][d]
	}
	return stats.RankP(own, decoys)
}

func take(values []float64, at []int) []float64 {
	out := make([]float64, len(at))
	for i, j := range at {
		out[i] = values[j]
	}
	return out
}

// calibrate sums up the scores of one model's findings.
func calibrate(ctx context.Context, o Options, model string, findings []Finding) *Calibration {
	by := split(findings)
	minusP := func(f Finding) float64 { return -*f.P }
	z := func(f Finding) float64 { return deref(f.Z) }
	zs, zn := defined(by.members, z), defined(by.nonMembers, z)
	auc := func(score func(Finding) float64) stats.Estimate {
		return stats.AUC(defined(by.members, score), defined(by.nonMembers, score), o.Confidence)
	}
	atFPR := func(limit float64) stats.Estimate {
		return stats.TPRAtFPREstimate(zs, zn, limit, o.resampling(ctx, "tpr at fpr", model, limit))
	}
	c := &Calibration{
		AUC: auc(minusP), AUCZ: auc(z),
		AUCCorrectPrompts: auc(func(f Finding) float64 { return float64(f.CorrectPrompts) }),
		AUCOthers:         auc(func(f Finding) float64 { return -deref(f.POthers) }),
		TPRAt1Percent:     atFPR(0.01), TPRAt01Percent: atFPR(0.001),
	}
	for _, point := range stats.ROC(zs, zn) {
		c.ROC = append(c.ROC, ROCPoint{point.FPR, point.TPR})
	}
	c.countP(o, findings, by)
	return c
}

// countP fills what is told by the p-values themselves.
func (c *Calibration) countP(o Options, findings []Finding, by labels) {
	p := func(f Finding) float64 { return *f.P }
	members, nonMembers := defined(by.members, p), defined(by.nonMembers, p)
	distance, ksP := stats.KSUniform(nonMembers)
	c.NonMembersKS = KS{stats.Number(distance), stats.Number(ksP), len(nonMembers)}
	for _, limit := range []float64{0.01, 0.05} {
		c.Below = append(c.Below, PBelow{limit,
			stats.ClopperPearson(atMost(members, limit), len(members), o.Confidence),
			stats.ClopperPearson(atMost(nonMembers, limit), len(nonMembers), o.Confidence)})
	}
	for bin := 1; bin <= 20; bin++ {
		low, high := float64(bin-1)/20, float64(bin)/20
		c.PHistogram = append(c.PHistogram, PHistogramBin{high,
			atMost(members, high) - atMost(members, low), atMost(nonMembers, high) - atMost(nonMembers, low)})
	}
	for i, f := range findings {
		if i == 0 || f.Decoys < c.Decoys {
			c.Decoys = f.Decoys
		}
		if *f.Q <= 0.05 {
			c.Discoveries++
			if f.Member != nil && !*f.Member {
				c.FalseDiscoveries++
			}
		}
	}
	c.SmallestP = 1 / float64(1+c.Decoys)
}

func atMost(values []float64, limit float64) int {
	n := 0
	for _, v := range values {
		if v <= limit {
			n++
		}
	}
	return n
}
