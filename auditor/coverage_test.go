package auditor

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rollcall/auditor/stats"
)

// The simulated study: members of six counts and non-members, a few photos and prompts each. A
// person has a strength of its own; a photo votes for the true name by it, else for any other name.
const (
	simulatedAudits                   = 2000
	simulatedMembers, simulatedOther  = 150, 150
	simulatedPhotos, simulatedPrompts = 4, 4
	simulatedFitted                   = 150 // persons of the logistic fit
	simulatedNames                    = 12
	simulatedResampled                = 60 // members of the bootstraps, which are dear
)

// The planted logistic curve of detection on log10(count + 1), one half at a count of 4.6.
const plantedIntercept, plantedSlope = -3.0, 4.0

func simulatedCounts() []int64 { return []int64{1, 2, 5, 10, 25, 50} }

// simulated is what one audit said, and what its intervals were.
type simulated struct {
	tpr, resampled, auc, spearman stats.Estimate
	slope, count50                stats.Estimate
}

// simulate makes one audit: decisions by the published rule, and a second set of detections that
// follow the planted curve exactly, for the fit.
func simulate(t *testing.T, seed uint64) (simulated, error) {
	r := rand.New(rand.NewPCG(seed, 99))
	o := Options{Tau: 1, Confidence: 0.95, Resamples: 200, Seed: seed, Workers: 1, Modes: []Mode{Calibrated}}
	a := &audit{o: o, label: "simulated", names: Candidates{Names: make([]string, simulatedNames)}, evidence: &evidence{}}
	var out simulated
	var members []int
	var correct [2][]float64
	var counts, prompts []float64
	ballot := NewBallot(simulatedNames)
	hits, first := 0, 0 // detected of all members, and of those whose photos are resampled
	for i := range simulatedMembers + simulatedOther {
		member := i < simulatedMembers
		strength, count := -2.5, int64(0)
		if member {
			count = simulatedCounts()[r.IntN(6)] // by coin, as a plan has it: fixed shares would vary less
			strength += 1.6*math.Log10(float64(count)+1) + 0.7*r.NormFloat64()
			members = append(members, i)
		}
		w := simulatedVotes(r, 1/(1+math.Exp(-strength)))
		a.evidence.winners = append(a.evidence.winners, w)
		a.names.Person = append(a.names.Person, 0)
		a.o.Persons = append(a.o.Persons, Person{ID: string(rune('a' + i))})
		n := ballot.Correct(w, 0, nil)
		if member {
			counts, prompts = append(counts, float64(count)), append(prompts, float64(n))
			correct[1] = append(correct[1], float64(n))
			hits += min(1, n)
			if len(members) == simulatedResampled {
				first = hits
			}
		} else {
			correct[0] = append(correct[0], float64(n))
		}
	}
	out.tpr = stats.ClopperPearson(hits, simulatedMembers, 0.95)
	var err error
	out.resampled, err = a.resampled(t.Context(), "members", members[:simulatedResampled], stats.ClopperPearson(first, simulatedResampled, 0.95))
	out.auc = stats.AUC(correct[1], correct[0], 0.95)
	out.spearman = stats.Spearman(counts[:simulatedResampled], prompts[:simulatedResampled], o.resampling(t.Context(), "spearman"))
	out.slope, out.count50 = simulatedFit(r)
	return out, err
}

func simulatedVotes(r *rand.Rand, share float64) Winners {
	w := Winners{simulatedPrompts, make([]int32, simulatedPhotos*simulatedPrompts)}
	for i := range w.Names {
		if r.Float64() >= share {
			w.Names[i] = 1 + int32(r.IntN(simulatedNames-1))
		}
	}
	return w
}

func simulatedFit(r *rand.Rand) (slope, count50 stats.Estimate) {
	var findings []Finding
	for i := range simulatedFitted {
		count := int64(0) // two of five
		if i%5 > 1 {
			count = simulatedCounts()[r.IntN(6)]
		}
		p := 1 / (1 + math.Exp(-(plantedIntercept + plantedSlope*math.Log10(float64(count)+1))))
		findings = append(findings, Finding{Count: &count, Detected: r.Float64() < p})
	}
	fr := &Frequency{}
	fr.fit(findings, 0.95)
	if fr.Logistic == nil { // separated by chance: nothing is covered
		none := stats.Undefined(len(findings), 0.95, "", fr.NoLogistic)
		return none, none
	}
	return fr.Logistic.Slope, fr.Logistic.Count50
}

// TestIntervalsCoverWhatTheySay runs 2,000 audits of persons drawn anew: an interval of 95 % must
// hold the truth in 93 to 97 % of them. Where the truth is no planted number it is the mean over
// all audits, whose own error is far below the intervals' width.
func TestIntervalsCoverWhatTheySay(t *testing.T) {
	if testing.Short() {
		t.Skip("2,000 simulated audits take fifteen seconds of processor time")
	}
	audits := make([]simulated, simulatedAudits)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range audits {
		group.Go(func() (err error) {
			audits[i], err = simulate(t, uint64(i))
			return err
		})
	}
	require.NoError(t, group.Wait())
	mean := func(of func(simulated) stats.Estimate) float64 {
		sum := 0.0
		for _, s := range audits {
			sum += of(s).Value
		}
		return sum / simulatedAudits
	}
	tpr := func(s simulated) stats.Estimate { return s.tpr }
	resampled := func(s simulated) stats.Estimate { return s.resampled }
	auc := func(s simulated) stats.Estimate { return s.auc }
	spearman := func(s simulated) stats.Estimate { return s.spearman }
	for name, c := range map[string]struct {
		of    func(simulated) stats.Estimate
		truth float64
	}{
		"TPR, exact":                         {tpr, mean(tpr)},
		"TPR, persons then photos resampled": {resampled, mean(tpr)},
		"AUC, DeLong":                        {auc, mean(auc)},
		"Spearman, bootstrap":                {spearman, mean(spearman)},
		"slope, profile likelihood":          {func(s simulated) stats.Estimate { return s.slope }, plantedSlope},
		"count at 50 %, Fieller":             {func(s simulated) stats.Estimate { return s.count50 }, math.Pow(10, -plantedIntercept/plantedSlope) - 1},
	} {
		t.Run(name, func(t *testing.T) {
			covered := 0
			for _, s := range audits {
				if e := c.of(s); e.Low <= c.truth && c.truth <= e.High {
					covered++
				}
			}
			share := float64(covered) / simulatedAudits
			t.Logf("truth %.4f, covered %.2f %%", c.truth, share*100)
			require.True(t, share >= 0.93 && share <= 0.97, "nominal 95 %% covers %.2f %%", share*100)
		})
	}
}
