package auditor

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"

	"rollcall/auditor/stats"
)

// Mode is a way to look at the same similarities.
type Mode string

const (
	// Paper is the published decision rule and its curves over k.
	Paper Mode = "paper"
	// Calibrated adds the continuous score, ranked against decoys.
	Calibrated Mode = "calibrated"
	// V1 is the rule of the study's first version: the bare name as the only prompt, and the roster's
	// names as the only candidates. It has no decoys, so nothing can be calibrated, and runs alone.
	V1 Mode = "v1"
)

// Match is a property that decoys must share with the person they are ranked against.
type Match string

const (
	// MatchSex takes decoys whose first name is of the person's sex by the built-in lists.
	MatchSex Match = "sex"
	// MatchWords takes decoys with as many words as the person's name.
	MatchWords Match = "words"
	// MatchTokens takes decoys with as many tokens as the person's name.
	MatchTokens Match = "tokens"
)

// Model is a model under audit.
type Model struct {
	Name    string            // unique in a run
	Digest  string            // SHA-256 of the model's files
	Info    map[string]string // what else identifies it: dimension, activation, preprocessing
	Encoder Encoder

	// Multiplier compares photos and names on the encoder's device; nil: on the processor.
	Multiplier Multiplier

	// Reference marks a control: a model that is known not to have seen the data. What it detects
	// is not evidence of training.
	Reference bool
}

// Options is what to audit and how. Models, Persons and Photos are required; the zero value of
// everything else is the published experiment in both modes.
type Options struct {
	Models  []Model
	Persons []Person
	Photos  fs.FS // one folder a person, named by id (or by name with underscores)

	Names       []string // the whole candidate list in order; nil invents decoys
	Decoys      int      // how many to invent when Names is nil; 0: real and invented together 1,000
	MatchDecoys []Match
	Tokenizer   Tokenizer // needed to match decoys by tokens
	Prompts     []string  // nil: the 21 published templates
	Modes       []Mode    // nil: paper and calibrated
	Controls    []Control // nil: all
	Training    *Training // nil: photos are not compared with training images
	Covariates  []Covariate

	Tau       int   // correct prompts that make a person detected; 0: 1
	Ks        []int // numbers of photos of the curves; nil: 1, 3, 5, ... up to 30 or the fewest photos
	Draws     int   // draws per k; 0: 20
	MinPhotos int   // photos a person needs for the curves; 0: 30
	MaxCount  int64 // persons with this training count or more stay out of the curves; 0: no limit

	Seed       uint64
	Confidence float64 // of every interval; 0: 0.95
	Resamples  int     // of every bootstrap; 0: 2,000
	Workers    int     // goroutines for decisions; 0: one a core

	MaxPhotos     int   // of one person; more is refused before anything runs; 0: 1,000
	MaxPhotoBytes int64 // larger files become failures; 0: 64 MiB

	ToolVersion string
	Texts       TextCache      // keeps text embeddings; nil: they are made anew
	Predictions PredictionSink // gets every single decision; nil: none
	Progress    func(Progress) // called now and then from one goroutine; nil: never
}

// Progress says how far a stage of the run has come.
type Progress struct {
	Model  string
	Stage  string // "digest", "photos" or "prompts"
	Done   int
	Total  int
	Failed int // photos that could not be used so far
}

func (o Options) withDefaults() Options {
	if o.Modes == nil {
		o.Modes = []Mode{Paper, Calibrated}
	}
	switch {
	case o.Prompts == nil && o.has(V1):
		o.Prompts = []string{nameSlot}
	case o.Prompts == nil:
		o.Prompts = Prompts()
	}
	if o.Controls == nil {
		o.Controls = AllControls()
	}
	fallback(&o.Tau, 1)
	fallback(&o.Draws, 20)
	fallback(&o.MinPhotos, 30)
	fallback(&o.Confidence, stats.Confidence)
	fallback(&o.Resamples, 2000)
	fallback(&o.Workers, runtime.GOMAXPROCS(0))
	fallback(&o.MaxPhotos, 1000)
	fallback(&o.MaxPhotoBytes, 64<<20)
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o
}

func fallback[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// check refuses options that cannot be run, saying what to change.
func (o Options) check() error {
	if o.Photos == nil {
		return errors.New("no photo folder given")
	}
	if err := checkModels(o.Models); err != nil {
		return err
	}
	if err := checkPersons(o.Persons); err != nil {
		return err
	}
	if len(o.Prompts) == 0 {
		return errors.New("no prompt templates: give some, or none at all for the published 21")
	}
	if err := checkPrompts(o.Prompts); err != nil {
		return err
	}
	if err := o.checkChoices(); err != nil {
		return err
	}
	if err := o.Training.check(); err != nil {
		return err
	}
	return o.checkNumbers()
}

// checkChoices refuses modes, matches, controls and covariates that do not exist or do not go
// together.
func (o Options) checkChoices() error {
	for _, m := range o.Modes {
		if m != Paper && m != Calibrated && m != V1 {
			return fmt.Errorf("mode %q is unknown: use paper, calibrated, both, or v1 alone", m)
		}
	}
	if o.has(V1) && (len(o.Modes) > 1 || len(o.Names) > 0 || o.Decoys > 0 || len(o.Prompts) > 1 || o.Prompts[0] != nameSlot) {
		return errors.New("mode v1 has its own prompt (the bare name) and candidates (the roster's names): run it alone, without prompts, names or decoys")
	}
	for _, m := range o.MatchDecoys {
		switch {
		case m != MatchSex && m != MatchWords && m != MatchTokens:
			return fmt.Errorf("decoys cannot be matched by %q: use sex, words or tokens", m)
		case m == MatchTokens && o.Tokenizer == nil:
			return errors.New("decoys cannot be matched by tokens without a tokenizer")
		}
	}
	for _, c := range o.Controls {
		if !slices.Contains(AllControls(), c) {
			return fmt.Errorf("control %q is unknown: use any of %v", c, AllControls())
		}
	}
	return o.checkCovariates()
}

func (o Options) checkNumbers() error {
	for _, n := range []struct {
		what            string
		value, low, top int
	}{
		{"tau", o.Tau, 1, len(o.Prompts)},
		{"draws", o.Draws, 1, 10_000},
		{"photos a person needs for the curves", o.MinPhotos, 1, o.MaxPhotos},
		{"bootstrap resamples", o.Resamples, 100, 1_000_000},
		{"workers", o.Workers, 1, 1024},
		{"photos a person", o.MaxPhotos, 1, 1_000_000},
		{"decoys", o.Decoys, 0, mostNames},
		{"prompt templates", len(o.Prompts), 1, mostPrompts},
	} {
		if n.value < n.low || n.value > n.top {
			return fmt.Errorf("%s: %d is outside %d to %d", n.what, n.value, n.low, n.top)
		}
	}
	for _, k := range o.Ks {
		if k < 1 || k > o.MaxPhotos {
			return fmt.Errorf("k = %d photos is outside 1 to %d", k, o.MaxPhotos)
		}
	}
	if o.Confidence < 0.5 || o.Confidence >= 1 {
		return fmt.Errorf("confidence %v is outside 0.5 to below 1", o.Confidence)
	}
	if o.MaxCount < 0 || o.MaxPhotoBytes < 1 {
		return errors.New("limits on counts and photo sizes must be positive")
	}
	if o.Names != nil && o.Decoys != 0 {
		return errors.New("a names list and a number of decoys exclude each other: the list is all candidates")
	}
	return nil
}

func (o Options) has(m Mode) bool { return slices.Contains(o.Modes, m) }

// published reports whether a published rule with its curves was asked for.
func (o Options) published() bool { return o.has(Paper) || o.has(V1) }

func checkModels(models []Model) error {
	if len(models) == 0 {
		return errors.New("no model to audit")
	}
	seen := map[string]bool{}
	if !slices.ContainsFunc(models, func(m Model) bool { return !m.Reference }) {
		return errors.New("every model is a reference: give a model to audit")
	}
	for i, m := range models {
		switch {
		case m.Name == "":
			return fmt.Errorf("model %d has no name", i+1)
		case m.Encoder == nil:
			return fmt.Errorf("model %s has no encoder", m.Name)
		case seen[m.Name]:
			return fmt.Errorf("two models are called %q: findings could not be told apart", m.Name)
		}
		seen[m.Name] = true
	}
	return nil
}
