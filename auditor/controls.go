package auditor

import (
	"slices"

	"rollcall/auditor/stats"
)

// Control is a way to measure the rule where it should find nothing, or where no face is needed.
type Control string

// The controls that are made within one model. A reference model and a training index are controls
// too: Model.Reference, Options.Training.
const (
	// FaceSwap tries a person's name on another person's photos.
	FaceSwap Control = "face-swap"
	// NameSwap tries another person's name on a person's photos.
	NameSwap Control = "name-swap"
	// Invented tries the name of somebody who does not exist on a person's photos.
	Invented Control = "invented"
	// Prior looks at the name's text alone, without any photo.
	Prior Control = "prior"
)

// AllControls lists the controls in the order of their rows.
func AllControls() []Control { return []Control{FaceSwap, NameSwap, Invented, Prior} }

// ControlRow is one person's result under one control and model.
type ControlRow struct {
	Model          string   `json:"model"`
	Control        Control  `json:"control"`
	ID             string   `json:"id"`                  // the person, by whom the row is labelled
	Name           string   `json:"name"`                // the name that was tried
	PhotosOf       string   `json:"photos_of,omitempty"` // whose photos it was tried on; empty: no photos
	Member         *bool    `json:"member,omitempty"`    // the person's label
	CorrectPrompts *int     `json:"correct_prompts,omitempty"`
	Detected       *bool    `json:"detected,omitempty"`
	Score          *float64 `json:"score,omitempty"`
	P              *float64 `json:"p,omitempty"` // rank among the decoys; the prior's is to be read two-sided
}

// trial is a name on somebody's photos.
type trial struct {
	control Control
	label   int // the person whose row it is
	photos  int // the person whose photos
	name    int // candidate
	score   float64
	decoys  []int // positions of the decoys it is ranked against
}

// controlRows tries every control that was asked for, control by control, in roster order.
func (a *audit) controlRows() []ControlRow {
	var rows []ControlRow
	for _, control := range AllControls() {
		if a.o.controlled(control) {
			rows = append(rows, a.rowsOf(control)...)
		}
	}
	return rows
}

// controlled reports whether a control was asked for.
func (o Options) controlled(c Control) bool { return slices.Contains(o.Controls, c) }

func (a *audit) rowsOf(control Control) []ControlRow {
	if control == Prior {
		return a.priorRows()
	}
	ballot := NewBallot(len(a.names.Names))
	var rows []ControlRow
	for i := range a.o.Persons {
		t, possible := a.trial(control, i)
		if !possible {
			continue
		}
		p := a.o.Persons[t.label]
		correct := ballot.Correct(a.evidence.winners[t.photos], t.name, nil)
		detected := correct >= a.o.Tau
		row := ControlRow{
			Model: a.label, Control: control, ID: p.ID, Name: a.names.Names[t.name], PhotosOf: a.o.Persons[t.photos].ID,
			Member: p.Member, CorrectPrompts: &correct, Detected: &detected,
		}
		if a.o.has(Calibrated) {
			row.Score = known(t.score)
			row.P = known(stats.RankP(t.score, take(a.evidence.decoys[t.photos], t.decoys)))
		}
		rows = append(rows, row)
	}
	return rows
}

// trial finds what a control tries for a person; false where there is nothing to try.
func (a *audit) trial(control Control, person int) (trial, bool) {
	t := trial{control: control, label: person, photos: person}
	switch control {
	case FaceSwap:
		t.photos = a.hosts[person]
		if t.photos < 0 {
			return t, false
		}
		t.name = a.names.Person[person]
		t.score, t.decoys = a.evidence.guest[faceSwap][t.photos], a.matcher.decoys(a.o.Persons[person])
	case NameSwap:
		guest := a.guests[nameSwap][person]
		if guest < 0 {
			return t, false
		}
		t.name = a.names.Person[guest]
		t.score, t.decoys = a.evidence.guest[nameSwap][person], a.matcher.decoys(a.o.Persons[guest])
	case Invented:
		if a.photos.photos(person) == 0 || len(a.names.Decoys) == 0 {
			return t, false
		}
		at := newRandom(a.o.Seed, "invented person", a.o.Persons[person].ID).IntN(len(a.names.Decoys))
		t.name, t.score = a.names.Decoys[at], a.evidence.decoys[person][at]
		for d := range a.names.Decoys {
			if d != at {
				t.decoys = append(t.decoys, d)
			}
		}
	}
	return t, true
}

// priorRows are the text-only rows; without decoys there is nothing to rank a name against.
func (a *audit) priorRows() []ControlRow {
	if !a.o.has(Calibrated) || len(a.names.Decoys) == 0 {
		return nil
	}
	scores, ps := priors(a.o.Persons, a.names, a.evidence, a.matcher)
	var rows []ControlRow
	for i, p := range a.o.Persons {
		if a.photos.photos(i) == 0 {
			continue
		}
		rows = append(rows, ControlRow{
			Model: a.label, Control: Prior, ID: p.ID, Name: displayName(p.Name), Member: p.Member,
			Score: known(scores[i]), P: known(ps[i]),
		})
	}
	return rows
}
