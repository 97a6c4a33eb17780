package auditor

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"rollcall/auditor/similarity"
)

func (r *recorder) controls(of Control) []ControlRow {
	var out []ControlRow
	for _, m := range r.messages {
		if m.Control != nil && m.Control.Control == of {
			out = append(out, *m.Control)
		}
	}
	return out
}

func (r *recorder) controlSummary(of Control) ControlSummary {
	for _, s := range r.summary(0).Controls.Rows {
		if s.Control == of {
			return s
		}
	}
	return ControlSummary{}
}

// Every row must be what the attack, done the long way, says of that name on those photos.
func TestControlRowsAgreeWithTheLongWay(t *testing.T) {
	o := smallOptions(3, 3, 4)
	o.Decoys = 40
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))
	roster := map[string]bool{}
	for _, p := range o.Persons {
		roster[p.Name] = true
	}
	for _, control := range []Control{FaceSwap, NameSwap, Invented} {
		rows := got.controls(control)
		require.Len(t, rows, 6, control)
		hit := 0
		for _, r := range rows {
			want := naively(t, got.config().Names, Person{ID: r.PhotosOf, Name: r.Name}, o.Photos.(fstest.MapFS), roster)
			require.Equal(t, want.correct, *r.CorrectPrompts, "%s %s", control, r.ID)
			require.Equal(t, want.correct >= 1, *r.Detected)
			require.InDelta(t, want.score, *r.Score, 1e-5)
			atLeast, decoys := want.atLeast, 40
			if control == Invented {
				atLeast, decoys = atLeast-1, 39 // the name itself is a decoy, at its own score
			}
			require.InDelta(t, float64(1+atLeast)/float64(1+decoys), *r.P, 1e-12)
			if *r.Detected {
				hit++
			}
		}
		require.Equal(t, float64(hit)/6, got.controlSummary(control).All.Value)
		require.Equal(t, 3, got.controlSummary(control).Members.N)
	}
	for _, r := range got.controls(FaceSwap) {
		require.NotEqual(t, r.ID, r.PhotosOf, "a name on another person's photos")
	}
	for _, r := range got.controls(NameSwap) {
		require.Equal(t, r.ID, r.PhotosOf)
		require.True(t, roster[r.Name], "another person's name")
	}
	for _, r := range got.controls(Invented) {
		require.False(t, roster[r.Name], "nobody's name")
	}
}

func TestPriorByHand(t *testing.T) {
	// Mean of the three: (1, 1) up to its length. Cosines with it: 1/sqrt(2), 1/sqrt(2), 1.
	prior := make([]float64, 3)
	vectors := [][]float32{{1, 0}, {0, 1}, {0.70710678, 0.70710678}}
	addPrior(prior, vectors, 2)
	addPrior(prior, vectors, 2)
	require.InDeltaSlice(t, []float64{1 - 0.70710678, 1 - 0.70710678, 0}, prior, 1e-7)
}

func TestPriorNeedsNoPhoto(t *testing.T) {
	o := smallOptions(3, 3, 4)
	var all, other recorder
	require.NoError(t, Run(t.Context(), o, &all))
	_, o.Photos = smallWorld(0, 6, 5) // the same names on noise
	require.NoError(t, Run(t.Context(), o, &other))
	require.Len(t, all.controls(Prior), 6)
	require.Equal(t, all.controls(Prior), other.controls(Prior))
	require.Nil(t, all.controls(Prior)[0].Detected, "no photo, no decision")
	require.True(t, all.controlSummary(Prior).AUC.Defined())
}

func TestControlsAreChosen(t *testing.T) {
	o := smallOptions(3, 3, 4)
	o.Controls = []Control{Invented}
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))
	require.Empty(t, got.controls(FaceSwap))
	require.Nil(t, got.findings()[0].SwapDetected)
	require.Len(t, got.controls(Invented), 6)
	require.Len(t, got.summary(0).Controls.Rows, 1)
}

// The study's first version: one prompt, the bare name, and nobody invented.
func TestV1IsTheBareNameAmongRealNames(t *testing.T) {
	o := smallOptions(6, 4, 5)
	o.Modes, o.Decoys = []Mode{V1}, 0
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))
	c := got.config()
	require.Equal(t, []string{"{0}"}, c.Prompts)
	require.Equal(t, "roster", c.NamesFrom)
	require.Len(t, c.Names, 10)
	require.Nil(t, got.findings()[0].P, "without decoys there is no rank")
	require.NotNil(t, got.summary(0).Curve, "the published curves are there")
	require.Nil(t, got.summary(0).Calibration)
	for i, f := range got.findings() {
		// The bare name's vote, the long way, over the roster's names.
		votes := map[int32]int{}
		e := &arithmeticEncoder{}
		names, err := e.EncodeTexts(t.Context(), c.Names)
		require.NoError(t, err)
		for x := range 5 {
			file := o.Photos.(fstest.MapFS)[fmt.Sprintf("%s/%02d.jpg", f.ID, x)]
			photo, _, err := e.EncodeImages(t.Context(), [][]byte{file.Data})
			require.NoError(t, err)
			best := make([]float32, len(names))
			for n, name := range names {
				for k := range name {
					best[n] += name[k] * photo[0][k]
				}
			}
			votes[int32(similarity.Argmax(best))]++
		}
		most := 0
		for n, v := range votes {
			if int(n) != i {
				most = max(most, v)
			}
		}
		require.Equal(t, votes[int32(i)] > most, f.Detected, f.ID)
	}
}
