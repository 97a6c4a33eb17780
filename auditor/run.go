package auditor

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// Run audits the models and hands the stream of messages to h, in the order that Message
// describes. The same options, photos and encoders give the same messages, Timing apart, whatever
// the number of workers. An error means that the run did not finish; what h has got by then is a
// beginning of the stream. Canceling ctx ends the run with ctx's error.
func Run(ctx context.Context, o Options, h Handler) error {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return InputError{err}
	}
	r := &run{o: o, h: h, byModel: map[string][]Finding{}, priors: map[string][]float64{}}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for _, m := range o.Models {
		if err := r.model(ctx, m); err != nil {
			return err
		}
	}
	return r.finish()
}

// InputError is what Run returns where options, names or photo folders cannot be used: nothing was
// run.
type InputError struct{ error }

// Unwrap gives the reason.
func (e InputError) Unwrap() error { return e.error }

// run is the state of one Run.
type run struct {
	o         Options
	h         Handler
	names     Candidates
	album     *album
	matcher   *matcher
	near      *duplicates // nil without a training index
	byModel   map[string][]Finding
	priors    map[string][]float64 // text-only scores by model, by person
	summaries []Summary
	timing    Timing
}

// prepare finds names and photos and sends the Config.
func (r *run) prepare(ctx context.Context) error {
	defer r.clock("", "digest")()
	var labelNotes []string
	r.o.Persons, labelNotes = labelled(r.o.Persons)
	var err error
	if r.names, err = candidatesOf(r.o); err != nil {
		return InputError{err}
	}
	if r.matcher, err = newMatcher(r.o.MatchDecoys, r.names, r.o.Tokenizer); err != nil {
		return err
	}
	if r.album, err = findPhotos(ctx, r.o); err != nil {
		return InputError{err}
	}
	if err := r.album.hash(ctx, r.o.Progress); err != nil {
		return err
	}
	if r.o.Training != nil {
		if r.near, err = findDuplicates(ctx, r.o, r.album); err != nil {
			return err
		}
	}
	return r.begin(labelNotes)
}

// begin sends the Config and the near-duplicates.
func (r *run) begin(labelNotes []string) error {
	c := r.config()
	c.Notes = append(append(append(c.Notes, labelNotes...), r.names.Notes...), r.album.notes...)
	if err := r.h.Handle(Message{Config: &c}); err != nil || r.near == nil {
		return err
	}
	for i := range r.near.found {
		if err := r.h.Handle(Message{Duplicate: &r.near.found[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) config() Config {
	o := r.o
	c := Config{
		Protocol: Protocol, Tool: o.ToolVersion, Modes: o.Modes, Persons: len(o.Persons), Photos: r.album.total(),
		RosterDigest: rosterDigest(o.Persons), PhotosDigest: r.album.digest, NamesDigest: namesDigest(r.names.Names),
		Prompts: o.Prompts, NamesFrom: r.names.From, Names: r.names.Names, Decoys: len(r.names.Decoys), MatchDecoys: o.MatchDecoys,
		Seed: o.Seed, Tau: o.Tau, Ks: o.Ks, Draws: o.Draws, MinPhotos: o.MinPhotos, MaxCount: o.MaxCount,
		Confidence: o.Confidence, Resamples: o.Resamples, Controls: o.Controls, Covariates: o.Covariates,
	}
	for _, m := range o.Models {
		c.Models = append(c.Models, ModelInfo{m.Name, m.Digest, m.Info, m.Reference})
	}
	if r.near != nil {
		c.Training = &r.near.compared
	}
	twice := 0
	for _, same := range homonyms(o.Persons) {
		if same {
			twice++
		}
	}
	if twice > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%s share a name with another on the roster; their findings say so", personsOf(twice)))
	}
	return c
}

// view is one look at a model's evidence: by all photos, or by some.
type view struct {
	label string
	pass  *pass
}

// model audits one model and sends its findings and failures.
func (r *run) model(ctx context.Context, m Model) error {
	photos, err := r.embedded(ctx, m)
	if err != nil {
		return err
	}
	views := r.views(m, photos)
	passes := make([]*pass, len(views))
	for i, v := range views {
		passes[i] = v.pass
	}
	stop := r.clock(m.Name, "prompts")
	err = runPasses(ctx, textSource{m, r.o.Texts}, passes)
	stop()
	if err != nil {
		return err
	}
	defer r.clock(m.Name, "statistics")()
	r.priors[m.Name] = zPrior(r.names, &views[0].pass.evidence)
	for _, v := range views {
		if err := r.report(ctx, m, v); err != nil {
			return err
		}
	}
	return nil
}

// embedded encodes the photos under a model, unless the comparison with training images did.
func (r *run) embedded(ctx context.Context, m Model) (*gallery, error) {
	if r.near != nil && m.Digest != "" && r.o.Training.Digest == m.Digest {
		return r.near.photos, nil
	}
	defer r.clock(m.Name, "photos")()
	photos, err := embedPhotos(ctx, m, r.album, r.o.Progress)
	if err != nil {
		return nil, err
	}
	if len(photos.files) == 0 {
		first := photos.lost[0]
		return nil, fmt.Errorf("model %s could use none of %d photos; the first, %s: %w", m.Name, len(photos.lost), first.file, first.reason)
	}
	return photos, nil
}

// views are the model by all photos and, where some nearly repeat training images, without those.
func (r *run) views(m Model, photos *gallery) []view {
	views := []view{{m.Name, newPass(r.o, m, r.names, photos)}}
	if r.near == nil || len(r.near.found) == 0 {
		return views
	}
	o := r.o
	o.Predictions = nil // they are there for all photos
	return append(views, view{m.Name + withoutNear, newPass(o, m, r.names, photos.without(r.near.left))})
}

// withoutNear is added to a model's name for the findings without near-duplicates.
const withoutNear = " without near-duplicates"

// report sends one view's findings, failures and controls, and keeps its summary.
func (r *run) report(ctx context.Context, m Model, v view) error {
	a := &audit{
		o: r.o, model: m, label: v.label, names: r.names, photos: v.pass.photos, evidence: &v.pass.evidence,
		guests: v.pass.guests, hosts: hosts(v.pass.guests[faceSwap]), matcher: r.matcher,
	}
	findings, controls := a.findings(), a.controlRows()
	for i := range findings {
		if err := r.h.Handle(Message{Finding: &findings[i]}); err != nil {
			return err
		}
	}
	for _, f := range a.failures() {
		if err := r.h.Handle(Message{Failure: &f}); err != nil {
			return err
		}
	}
	for i := range controls {
		if err := r.h.Handle(Message{Control: &controls[i]}); err != nil {
			return err
		}
	}
	s, err := a.summarise(ctx, findings, controls)
	if err != nil {
		return err
	}
	r.byModel[v.label] = findings
	r.summaries = append(r.summaries, s)
	return nil
}

// finish sends summaries, comparisons and the timing.
func (r *run) finish() error {
	for i := range r.summaries {
		if s := &r.summaries[i]; s.Frequency != nil {
			priors, what := r.knownBefore(*s)
			s.Frequency.Adjusted = adjust(r.o, r.byModel[s.Model], priors, what)
		}
		if err := r.h.Handle(Message{Summary: &r.summaries[i]}); err != nil {
			return err
		}
	}
	for _, c := range compare(r.o.Models, r.byModel) {
		if err := r.h.Handle(Message{Comparison: &c}); err != nil {
			return err
		}
	}
	return r.h.Handle(Message{Timing: &r.timing})
}

// clock starts a stage's clock and returns what stops it.
func (r *run) clock(model, stage string) func() {
	start := time.Now()
	return func() {
		r.timing.Seconds = append(r.timing.Seconds, StageTime{model, stage, time.Since(start).Seconds()})
	}
}

func rosterDigest(persons []Person) string {
	h := sha256.New()
	for _, p := range persons {
		member, count := "", ""
		if p.Member != nil {
			member = fmt.Sprint(*p.Member)
		}
		if p.Count != nil {
			count = fmt.Sprint(*p.Count)
		}
		fmt.Fprintf(h, "%q %q %q %s %s", p.ID, displayName(p.Name), sexOf(p.Sex), member, count)
		if len(p.Aliases) > 0 {
			fmt.Fprintf(h, " %q", p.Aliases)
		}
		fmt.Fprintln(h)
	}
	return sum(h)
}

func namesDigest(names []string) string {
	h := sha256.New()
	h.Write([]byte(strings.Join(names, "\n") + "\n"))
	return sum(h)
}
