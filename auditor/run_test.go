package auditor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// naive is the whole attack again, the long way: a tensor of float64 similarities per person.
type naive struct {
	correct int
	score   float64
	atLeast int // decoys with a score >= the true name's
}

func naively(t *testing.T, names []string, p Person, files fstest.MapFS, others map[string]bool) naive {
	t.Helper()
	e := &arithmeticEncoder{}
	var photos [][]float32
	for x := 0; ; x++ {
		f, there := files[fmt.Sprintf("%s/%02d.jpg", p.ID, x)]
		if !there {
			break
		}
		v, failed, err := e.EncodeImages(t.Context(), [][]byte{f.Data})
		require.NoError(t, err)
		if failed[0] == nil {
			photos = append(photos, v[0])
		}
	}
	out := naive{}
	mean := make([]float64, len(names))
	for _, prompt := range Prompts() {
		votes := map[string]int{}
		for _, photo := range photos {
			best, winner := math.Inf(-1), ""
			for n, name := range names {
				text, err := e.EncodeTexts(t.Context(), []string{strings.ReplaceAll(prompt, "{0}", name)})
				require.NoError(t, err)
				dot := 0.0
				for k := range photo {
					dot += float64(photo[k]) * float64(text[0][k])
				}
				mean[n] += dot / float64(len(photos)*21)
				if dot > best {
					best, winner = dot, name
				}
			}
			votes[winner]++
		}
		most := 0
		for name, n := range votes {
			if name != p.Name {
				most = max(most, n)
			}
		}
		if votes[p.Name] > most {
			out.correct++
		}
	}
	for n, name := range names {
		if name == p.Name {
			out.score = mean[n]
		}
	}
	for n, name := range names {
		if !others[name] && mean[n] >= out.score {
			out.atLeast++
		}
	}
	return out
}

func TestRunAgreesWithTheLongWay(t *testing.T) {
	o := smallOptions(6, 4, 5)
	o.Decoys = 60
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))
	roster := map[string]bool{}
	for _, p := range o.Persons {
		roster[p.Name] = true
	}
	findings := got.findings()
	require.Len(t, findings, 10)
	detected := 0
	for i, f := range findings {
		want := naively(t, got.config().Names, o.Persons[i], o.Photos.(fstest.MapFS), roster)
		require.Equal(t, want.correct, f.CorrectPrompts, f.ID)
		require.Equal(t, want.correct >= 1, f.Detected)
		require.InDelta(t, want.score, *f.Score, 1e-5)
		require.InDelta(t, float64(1+want.atLeast)/61, *f.P, 1e-12, "60 decoys")
		require.Equal(t, 60, f.Decoys)
		if f.Detected {
			detected++
		}
	}
	require.Greater(t, detected, 1, "the world has something to find")
	s := got.summary(0)
	require.Equal(t, detected, s.Detected)
	require.Equal(t, 10, s.Confusion.Members()+s.Confusion.NonMembers())
	require.Equal(t, 6, s.Confusion.Members())
	require.Contains(t, s.Rates.FPRResampled.Warnings[0], "the exact interval holds", "4 non-members are fewer than 5 of either outcome")
}

func TestStreamIsOrderedAndRepeatable(t *testing.T) {
	stored := func(workers int) (string, *recorder) {
		o := smallOptions(20, 15, 6)
		o.Workers = workers
		o.Models = append(o.Models, Model{Name: "other", Digest: "none", Encoder: &arithmeticEncoder{}})
		var out bytes.Buffer
		w, kept := NewWriter(&out), &recorder{}
		require.NoError(t, Run(t.Context(), o, both{w, kept}))
		require.NoError(t, w.Flush())
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Contains(t, lines[len(lines)-1], `"timing"`)
		return strings.Join(lines[:len(lines)-1], "\n"), kept
	}
	one, kept := stored(1)
	many, _ := stored(7)
	require.Equal(t, one, many, "the number of workers must not show")

	var order []string
	for _, m := range kept.messages {
		kind := kindOf(m)
		if len(order) == 0 || order[len(order)-1] != kind {
			order = append(order, kind)
		}
	}
	require.Equal(t, []string{"config", "finding", "control", "finding", "control", "summary", "comparison", "timing"}, order)
}

type both struct{ a, b Handler }

func (b both) Handle(m Message) error { return errors.Join(b.a.Handle(m), b.b.Handle(m)) }

func kindOf(m Message) string {
	switch {
	case m.Config != nil:
		return "config"
	case m.Finding != nil:
		return "finding"
	case m.Failure != nil:
		return "failure"
	case m.Control != nil:
		return "control"
	case m.Duplicate != nil:
		return "near-duplicate"
	case m.Summary != nil:
		return "summary"
	case m.Comparison != nil:
		return "comparison"
	default:
		return "timing"
	}
}

func TestBadPhotosAreCountedRecords(t *testing.T) {
	o := smallOptions(3, 3, 4)
	files := o.Photos.(fstest.MapFS)
	files["p001/bad.png"] = &fstest.MapFile{Data: []byte("no picture")}
	files["p001/notes.txt"] = &fstest.MapFile{Data: []byte("left out")}
	files["p002/huge.jpg"] = &fstest.MapFile{Data: bytes.Repeat([]byte("x"), 5000)}
	o.MaxPhotoBytes = 4000
	for x := range 4 {
		delete(files, fmt.Sprintf("p004/%02d.jpg", x))
	}
	files["p004/only.jpg"] = &fstest.MapFile{Data: []byte("no picture either")}
	files["stranger/a.jpg"] = &fstest.MapFile{Data: []byte("x")}
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))

	var failures []Failure
	for _, m := range got.messages {
		if m.Failure != nil {
			failures = append(failures, *m.Failure)
		}
	}
	require.Empty(t, cmp.Diff([]Failure{
		{"arithmetic", "p001", "p001/bad.png", "not an image"},
		{"arithmetic", "p002", "p002/huge.jpg", "5000 bytes, more than the limit of 4000"},
		{"arithmetic", "p004", "p004/only.jpg", "not an image"},
		{"arithmetic", "p004", "", "no usable photo: the person was not measured"},
	}, failures))
	s := got.summary(0)
	require.Equal(t, 3, s.PhotosFailed)
	require.Equal(t, 20, s.Photos, "5 persons x 4")
	require.Equal(t, 1, s.WithoutPhotos)
	require.Len(t, got.findings(), 5)
	require.Equal(t, 1, got.findings()[1].PhotosFailed)
	require.Contains(t, strings.Join(s.Warnings, "\n"), "3 of 23 photos could not be used")
	notes := strings.Join(got.config().Notes, "\n")
	require.Contains(t, notes, "nobody on the roster, left out: 1")
	require.Contains(t, notes, "not jpg, jpeg, png, webp or bmp files, left out: 1")
}

func TestCurveRules(t *testing.T) {
	o := smallOptions(6, 6, 7)
	t.Run("default ks stop at the fewest photos", func(t *testing.T) {
		var got recorder
		require.NoError(t, Run(t.Context(), o, &got))
		c := got.summary(0).Curve
		var ks []int
		for _, p := range c.Points {
			ks = append(ks, p.K)
		}
		require.Equal(t, []int{1, 3, 5, 7}, ks)
		require.Contains(t, c.Skipped[0], "k stops at 7")
		last := c.Points[len(c.Points)-1]
		require.InDelta(t, 0, float64(last.TPR.SD), 1e-12, "all photos: every draw is the same")
		require.InDelta(t, got.summary(0).Rates.TPR.Value, last.TPR.Mean.Value, 1e-12)
		require.InDelta(t, 1, last.TPR.Mean.Value+last.FNR.Mean.Value, 1e-12)
	})
	t.Run("a k beyond the photos is skipped and said", func(t *testing.T) {
		o := o
		o.Ks = []int{3, 9}
		var got recorder
		require.NoError(t, Run(t.Context(), o, &got))
		c := got.summary(0).Curve
		require.Len(t, c.Points, 1)
		require.Equal(t, []string{"k = 9 skipped: somebody taking part has only 7 photos"}, c.Skipped)
	})
	t.Run("the published rule leaves out persons with few photos", func(t *testing.T) {
		o := o
		o.MinPhotos = 0
		var got recorder
		require.NoError(t, Run(t.Context(), o, &got))
		require.Nil(t, got.summary(0).Curve)
		require.Contains(t, strings.Join(got.summary(0).Warnings, "\n"), "persons with 30 or more photos")
		require.Len(t, got.findings(), 12, "but everybody has a finding")
	})
	t.Run("a training count limit", func(t *testing.T) {
		o := o
		o.MaxCount = 25
		var got recorder
		require.NoError(t, Run(t.Context(), o, &got))
		require.Equal(t, 10, got.summary(0).Curve.Persons, "two members have count 25")
	})
}

func TestModesChooseWhatIsReported(t *testing.T) {
	o := smallOptions(3, 3, 4)
	o.Modes = []Mode{Paper}
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))
	require.Nil(t, got.findings()[0].P)
	require.Nil(t, got.summary(0).Calibration)
	require.NotNil(t, got.summary(0).Curve)

	o.Modes = []Mode{Calibrated}
	got = recorder{}
	require.NoError(t, Run(t.Context(), o, &got))
	require.NotNil(t, got.findings()[0].Q)
	require.Nil(t, got.summary(0).Curve)
	require.NotNil(t, got.summary(0).Calibration)
}

func TestPhotosAreEncodedOncePerModel(t *testing.T) {
	o := smallOptions(20, 10, 5) // 150 photos: batches of 64, 64 and 22
	require.NoError(t, Run(t.Context(), o, &recorder{}))
	require.Equal(t, []int{64, 64, 22}, o.Models[0].Encoder.(*arithmeticEncoder).batches)
}

// stuckEncoder answers nothing until its context ends.
type stuckEncoder struct{}

func (stuckEncoder) EncodeTexts(ctx context.Context, _ []string) ([][]float32, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (stuckEncoder) EncodeImages(ctx context.Context, _ [][]byte) ([][]float32, []error, error) {
	<-ctx.Done()
	return nil, nil, ctx.Err()
}

func TestCancelEndsTheRun(t *testing.T) {
	o := smallOptions(2, 2, 4)
	o.Models[0].Encoder = stuckEncoder{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	require.ErrorIs(t, Run(ctx, o, &recorder{}), context.DeadlineExceeded)
	require.Less(t, time.Since(start), time.Second)
}

func TestRunRefuses(t *testing.T) {
	yes := true
	minus := int64(-1)
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no model":              {func(o *Options) { o.Models = nil }, "no model"},
		"two models of a name":  {func(o *Options) { o.Models = append(o.Models, o.Models[0]) }, "two models are called"},
		"no roster":             {func(o *Options) { o.Persons = nil }, "names nobody"},
		"the same id twice":     {func(o *Options) { o.Persons[1].ID = o.Persons[0].ID }, "rows 1 and 2 have the same id"},
		"an id with a slash":    {func(o *Options) { o.Persons[0].ID = "../x" }, "must do as the name of a photo folder"},
		"no name":               {func(o *Options) { o.Persons[2].Name = "_" }, "row 3"},
		"a negative count":      {func(o *Options) { o.Persons[0].Count = &minus }, "count -1"},
		"a prompt without slot": {func(o *Options) { o.Prompts = []string{"a photo"} }, "{0}"},
		"a prompt twice":        {func(o *Options) { o.Prompts = []string{"{0}", "{0}"} }, "twice"},
		"tau above the prompts": {func(o *Options) { o.Tau = 22 }, "tau: 22 is outside 1 to 21"},
		"an unknown mode":       {func(o *Options) { o.Modes = []Mode{"fast"} }, "mode \"fast\""},
		"v1 with others":        {func(o *Options) { o.Modes = []Mode{V1, Paper} }, "run it alone"},
		"v1 with decoys":        {func(o *Options) { o.Modes = []Mode{V1} }, "run it alone"},
		"an unknown control":    {func(o *Options) { o.Controls = []Control{"nothing"} }, "control \"nothing\""},
		"an unknown covariate":  {func(o *Options) { o.Covariates = []Covariate{"age"} }, "covariate \"age\""},
		"tokens, no tokenizer":  {func(o *Options) { o.MatchDecoys = []Match{MatchTokens} }, "without a tokenizer"},
		"references alone":      {func(o *Options) { o.Models[0].Reference = true }, "every model is a reference"},
		"a training index":      {func(o *Options) { o.Training = &Training{} }, "needs the model that made it"},
		"an unknown match":      {func(o *Options) { o.MatchDecoys = []Match{"age"} }, "\"age\""},
		"names and decoys":      {func(o *Options) { o.Names = []string{"A B"} }, "exclude each other"},
		"names that tie":        {func(o *Options) { o.Decoys, o.Names = 0, []string{"Ann Bee", "ann_bee"} }, "lines 1 and 2"},
		"an empty name":         {func(o *Options) { o.Decoys, o.Names = 0, []string{"Ann Bee", " "} }, "line 2"},
		"no photos":             {func(o *Options) { o.Photos = fstest.MapFS{} }, "no photo of anybody"},
		"too many photos":       {func(o *Options) { o.MaxPhotos, o.MinPhotos = 3, 2 }, "more than 3 photos"},
		"a silly k":             {func(o *Options) { o.Ks = []int{0} }, "k = 0"},
		"a silly confidence":    {func(o *Options) { o.Confidence = 95 }, "confidence 95"},
	} {
		t.Run(name, func(t *testing.T) {
			o := smallOptions(2, 2, 4)
			o.Persons[0].Member = &yes
			c.change(&o)
			var got recorder
			require.ErrorContains(t, Run(t.Context(), o, &got), c.want)
			require.Empty(t, got.messages, "a refusal comes before anything is reported")
		})
	}
}

// brokenEncoder breaks the contract of Encoder in one way.
type brokenEncoder struct {
	arithmeticEncoder
	texts func([][]float32) [][]float32
}

func (e *brokenEncoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	out, err := e.arithmeticEncoder.EncodeTexts(ctx, texts)
	return e.texts(out), err
}

func TestBrokenModelsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		texts func([][]float32) [][]float32
		want  string
	}{
		"too few vectors":  {func(v [][]float32) [][]float32 { return v[1:] }, "vectors for"},
		"not finite":       {func(v [][]float32) [][]float32 { v[0][3] = float32(math.NaN()); return v }, "not finite"},
		"not normalised":   {func(v [][]float32) [][]float32 { v[0] = make([]float32, arithmeticDim); return v }, "must normalise"},
		"other dimensions": {func(v [][]float32) [][]float32 { v[0] = []float32{1}; return v }, "1 dimensions, want 24"},
	} {
		t.Run(name, func(t *testing.T) {
			o := smallOptions(2, 2, 4)
			o.Models[0].Encoder = &brokenEncoder{texts: c.texts}
			require.ErrorContains(t, Run(t.Context(), o, &recorder{}), c.want)
		})
	}
}

// keptPredictions collects what a PredictionSink gets.
type keptPredictions []Prediction

func (k *keptPredictions) Predictions(_ string, rows []Prediction) error {
	*k = append(*k, rows...)
	return nil
}

func TestPredictionsCoverEveryPhotoAndPrompt(t *testing.T) {
	o := smallOptions(3, 2, 4)
	var kept keptPredictions
	o.Predictions = &kept
	require.NoError(t, Run(t.Context(), o, &recorder{}))
	require.Len(t, kept, 5*4*21)
	for _, p := range kept {
		require.Equal(t, p.Rank == 1, p.TrueSimilarity > p.BestDecoy)
		if p.Winner == "Given0 Family0" && p.Person == "p000" {
			require.Equal(t, 1, p.Rank)
		}
	}
}

func TestStreamSurvivesStorage(t *testing.T) {
	o := smallOptions(4, 3, 4)
	var out bytes.Buffer
	w, sent := NewWriter(&out), &recorder{}
	require.NoError(t, Run(t.Context(), o, both{w, sent}))
	require.NoError(t, w.Flush())
	var read recorder
	require.NoError(t, Read(bytes.NewReader(out.Bytes()), &read))
	a, err := json.Marshal(sent.messages)
	require.NoError(t, err)
	b, err := json.Marshal(read.messages)
	require.NoError(t, err)
	require.Equal(t, string(a), string(b))
}
