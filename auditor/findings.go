package auditor

import (
	"rollcall/auditor/stats"
)

// audit is one model's audit after its pass over the similarities.
type audit struct {
	o        Options
	model    Model
	label    string // of the findings: the model's name, and which photos where not all
	names    Candidates
	photos   *gallery
	evidence *evidence
	guests   [pairings][]int
	hosts    []int // whose photos each person's name is tried on, the face swap
	matcher  *matcher
}

// findings decides on every person with a usable photo, in roster order.
func (a *audit) findings() []Finding {
	same := homonyms(a.o.Persons)
	ballot := NewBallot(len(a.names.Names))
	lost := a.lostByPerson()
	var out []Finding
	var at []int // roster index of each finding
	for i, p := range a.o.Persons {
		w := a.evidence.winners[i]
		if w.Photos() == 0 {
			continue
		}
		f := Finding{
			Model: a.label, ID: p.ID, Name: displayName(p.Name), Member: p.Member, Count: p.Count,
			Photos: w.Photos(), PhotosFailed: lost[i],
		}
		for prompt, elected := range ballot.Plurality(w, nil) {
			if elected == int32(a.names.Person[i]) {
				f.ElectedBy = append(f.ElectedBy, prompt)
			}
		}
		f.CorrectPrompts = len(f.ElectedBy)
		f.Detected = f.CorrectPrompts >= a.o.Tau
		if h := a.hosts[i]; h >= 0 && a.o.controlled(FaceSwap) {
			swapped := ballot.Correct(a.evidence.winners[h], a.names.Person[i], nil) >= a.o.Tau
			f.SwapDetected = &swapped
		}
		if same[i] {
			f.Notes = append(f.Notes, "another person on the roster has this name: the name's evidence is shared")
		}
		out, at = append(out, f), append(at, i)
	}
	if a.o.has(Calibrated) {
		a.addScores(out, at)
	}
	return out
}

// addScores adds the continuous scores, their p-values and, over all persons, their q-values.
func (a *audit) addScores(findings []Finding, at []int) {
	scored := rankScores(a.o.Persons, a.names, a.evidence, a.matcher, a.hosts)
	ps := make([]float64, len(findings))
	for i := range findings {
		f, s := &findings[i], scored[at[i]]
		f.Score, f.DecoyMean, f.DecoySD, f.Z = known(s.own), known(s.decoyMean), known(s.decoySD), known(s.z)
		f.P, f.POthers, f.Decoys = known(s.p), known(s.pOthers), s.decoys
		if f.SwapDetected != nil {
			f.SwapP = known(s.swapP)
		}
		ps[i] = s.p
	}
	for i, q := range stats.BenjaminiHochberg(ps) {
		findings[i].Q = known(q)
	}
}

func (a *audit) lostByPerson() []int {
	out := make([]int, len(a.o.Persons))
	for _, l := range a.photos.lost {
		out[l.person]++
	}
	return out
}

// failures are the photos that could not be used and the persons who have none, in roster order.
func (a *audit) failures() []Failure {
	var out []Failure
	next := 0
	for i, p := range a.o.Persons {
		for next < len(a.photos.lost) && a.photos.lost[next].person == i {
			l := a.photos.lost[next]
			out = append(out, Failure{Model: a.label, ID: p.ID, Photo: l.file, Reason: l.reason.Error()})
			next++
		}
		if a.photos.photos(i) == 0 {
			out = append(out, Failure{Model: a.label, ID: p.ID, Reason: "no usable photo: the person was not measured"})
		}
	}
	return out
}
