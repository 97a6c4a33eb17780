package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"rollcall/auditor"
	"rollcall/auditor/report"
	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
)

// auditRequest is what an audit is asked to do, and what its job keeps. The published experiment
// needs nothing but persons with photos.
type auditRequest struct {
	Models      []string `json:"models,omitempty" nullable:"false" maxItems:"16" doc:"names of loaded models to audit; all that are no references when absent"`
	References  []string `json:"references,omitempty" nullable:"false" maxItems:"16" doc:"names of loaded models that are known not to have seen the data, as a control; those loaded as references when absent"`
	People      []string `json:"people,omitempty" nullable:"false" maxItems:"100000" doc:"ids of persons; everybody on the roster when absent"`
	Count       string   `json:"count,omitempty" maxLength:"64" doc:"a finished count, whose estimates are the training counts"`
	Names       []string `json:"names,omitempty" nullable:"false" maxItems:"200000" doc:"all candidate names; invented when absent"`
	Decoys      int      `json:"decoys,omitempty" minimum:"0" maximum:"200000" example:"500" doc:"names to invent; as many as make 1,000 candidates when absent"`
	Modes       []string `json:"modes,omitempty" nullable:"false" maxItems:"2" enum:"paper,calibrated,v1" doc:"paper and calibrated when absent"`
	MinPhotos   int      `json:"min_photos,omitempty" minimum:"0" maximum:"1000" doc:"photos a person needs for the curves; 30 when absent"`
	Draws       int      `json:"draws,omitempty" minimum:"0" maximum:"10000" doc:"20 when absent"`
	Tau         int      `json:"tau,omitempty" minimum:"0" maximum:"1000" doc:"correct prompts that make a person detected; 1 when absent"`
	MaxCount    int64    `json:"max_count,omitempty" minimum:"0" doc:"persons with this count or more stay out of the curves; no limit when absent"`
	Resamples   int      `json:"resamples,omitempty" minimum:"0" maximum:"100000" doc:"of every bootstrap; 2,000 when absent"`
	Prompts     []string `json:"prompts,omitempty" nullable:"false" maxItems:"1000" doc:"templates with {0} in the place of the name; the 21 published ones when absent"`
	Controls    []string `json:"controls,omitempty" nullable:"false" maxItems:"4" enum:"face-swap,name-swap,invented,prior,none" doc:"controls to make; all when absent, none alone for none"`
	MatchDecoys []string `json:"match_decoys,omitempty" nullable:"false" maxItems:"3" enum:"sex,words,tokens" doc:"rank a person against decoys alike in these"`
	Covariates  []string `json:"covariates,omitempty" nullable:"false" maxItems:"3" enum:"prior,photos,sex" doc:"what detection may depend on beside the count"`
	Seed        uint64   `json:"seed,omitempty" default:"1" doc:"of names, draws and resamples"`
}

// startAudit checks that an audit can be done, and queues it.
func (s *Server) startAudit(ctx context.Context, r auditRequest) (state.Job, error) {
	if _, err := s.auditedModels(r); err != nil {
		return state.Job{}, err
	}
	roster, err := s.rosterFor(ctx, r.People)
	if err != nil {
		return state.Job{}, err
	}
	if _, err := s.trainingCounts(ctx, r.Count); err != nil {
		return state.Job{}, err
	}
	for _, p := range roster.Persons {
		names, err := s.photoNames(ctx, p.ID)
		if err != nil {
			return state.Job{}, err
		}
		if len(names) == 0 {
			continue
		}
		entry := querylog.Entry{Action: "audit", People: r.People[:min(len(r.People), loggedIDs)], Asked: len(roster.Persons)}
		if err := s.record(ctx, entry); err != nil {
			return state.Job{}, err
		}
		return s.jobs.add(ctx, "audit", r)
	}
	return state.Job{}, invalid("body.people", "none of these persons has a photo: upload some, or serve a photo folder", nil)
}

// auditedModels are the models of an audit, and behind them its references.
func (s *Server) auditedModels(r auditRequest) ([]auditor.Model, error) {
	if len(s.options.Models) == 0 {
		return nil, invalid("body.models", "this service has no model loaded: start it with --model", nil)
	}
	models, err := s.modelsNamed(r.Models, false, "body.models")
	if err != nil {
		return nil, err
	}
	references, err := s.modelsNamed(r.References, true, "body.references")
	if err != nil {
		return nil, err
	}
	for _, m := range references {
		if slices.ContainsFunc(models, func(other auditor.Model) bool { return other.Name == m.Name }) {
			return nil, invalid("body.references", "a model is either audited or a reference", m.Name)
		}
	}
	if len(models) == 0 {
		return nil, invalid("body.models", "all loaded models are references: name one to audit", nil)
	}
	return append(models, references...), nil
}

// modelsNamed gives loaded models by name, or without names those that were loaded as references,
// or were not.
func (s *Server) modelsNamed(names []string, reference bool, where string) ([]auditor.Model, error) {
	var models []auditor.Model
	for _, name := range names {
		at := slices.IndexFunc(s.options.Models, func(m auditor.Model) bool { return m.Name == name })
		if at < 0 {
			return nil, invalid(where, "no model of this name is loaded; GET /v1/models lists them", name)
		}
		models = append(models, s.options.Models[at])
	}
	if len(names) == 0 {
		for _, m := range s.options.Models {
			if m.Reference == reference {
				models = append(models, m)
			}
		}
	}
	for i := range models {
		models[i].Reference = reference
	}
	return models, nil
}

// trainingCounts are the estimates of a finished count by person; nil without one.
func (s *Server) trainingCounts(ctx context.Context, id string) (map[string]int64, error) {
	if id == "" {
		return nil, nil
	}
	job, err := s.jobOf(ctx, "count", id)
	if err != nil || job.State != state.Done {
		return nil, invalid("body.count", "it is not a finished count", id)
	}
	verified, err := s.verified(ctx, job)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, c := range verified {
		if n := c.Training(); n != nil {
			counts[c.ID] = *n
		}
	}
	return counts, nil
}

// audit is the work of an audit's job.
func (s *Server) audit(ctx context.Context, job state.Job, at func(stage string, done, total int64)) error {
	var r auditRequest
	if err := json.Unmarshal([]byte(job.Request), &r); err != nil {
		return err
	}
	options, err := s.auditOptions(ctx, r)
	if err != nil {
		return err
	}
	options.Progress = func(p auditor.Progress) { at(p.Stage, int64(p.Done), int64(p.Total)) }
	stream := &messageStream{ctx: ctx, state: s.state, job: job.ID}
	return errors.Join(auditor.Run(ctx, options, stream), stream.flush())
}

func (s *Server) auditOptions(ctx context.Context, r auditRequest) (auditor.Options, error) {
	models, err := s.auditedModels(r)
	if err != nil {
		return auditor.Options{}, err
	}
	roster, err := s.rosterFor(ctx, r.People)
	if err != nil {
		return auditor.Options{}, err
	}
	counts, err := s.trainingCounts(ctx, r.Count)
	if err != nil {
		return auditor.Options{}, err
	}
	audited, ids := auditor.PersonsOf(roster), make([]string, len(roster.Persons))
	for i, p := range roster.Persons {
		ids[i] = p.ID
	}
	if counts != nil {
		audited, _ = auditor.JoinCounts(audited, counts)
	}
	options := auditor.Options{
		Models: models, Persons: audited, Photos: photoTree{ctx, s, ids}, Names: r.Names, Decoys: r.Decoys,
		MinPhotos: r.MinPhotos, Draws: r.Draws, Tau: r.Tau, Seed: r.Seed,
		MaxPhotoBytes: maxImageBytes, ToolVersion: s.options.Version,
	}
	options.MaxCount, options.Resamples, options.Prompts = r.MaxCount, r.Resamples, r.Prompts
	options.Modes, options.MatchDecoys = named[auditor.Mode](r.Modes), named[auditor.Match](r.MatchDecoys)
	options.Controls, options.Covariates = named[auditor.Control](r.Controls), named[auditor.Covariate](r.Covariates)
	if slices.Contains(r.Controls, "none") {
		options.Controls = []auditor.Control{}
	}
	options.Tokenizer, _ = models[0].Encoder.(auditor.Tokenizer)
	return options, nil
}

// named turns words into the auditor's names for its choices; nil stays nil.
func named[T ~string](words []string) []T {
	var out []T
	for _, word := range words {
		out = append(out, T(word))
	}
	return out
}

// messageStream keeps the messages of an audit, as lines of run.jsonl. It is an auditor.Handler.
type messageStream struct {
	ctx     context.Context // of the job that it belongs to; auditor.Handler has no other place for it
	state   *state.Store
	job     string
	kept    int64
	waiting []string
}

// Handle keeps one message.
func (m *messageStream) Handle(message auditor.Message) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if m.waiting = append(m.waiting, string(line)); len(m.waiting) < messagesAtOnce {
		return nil
	}
	return m.flush()
}

// messagesAtOnce is how many messages are written, or read, together.
const messagesAtOnce = 200

func (m *messageStream) flush() error {
	if len(m.waiting) == 0 {
		return nil
	}
	if err := m.state.PutMessages(m.ctx, m.job, m.kept, m.waiting); err != nil {
		return err
	}
	m.kept += int64(len(m.waiting))
	m.waiting = m.waiting[:0]
	return nil
}

// writeStream writes a finished audit's run.jsonl.
func (s *Server) writeStream(ctx context.Context, w io.Writer, job string) error {
	for from := int64(0); ; from += messagesAtOnce {
		lines, err := s.state.Messages(ctx, job, from, messagesAtOnce)
		if err != nil || len(lines) == 0 {
			return err
		}
		for _, line := range lines {
			if _, err := io.WriteString(w, line+"\n"); err != nil {
				return err
			}
		}
	}
}

// storedReport reads a finished audit's report from its stream.
func (s *Server) storedReport(ctx context.Context, job string) (*report.Report, error) {
	reader, writer := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		writer.CloseWithError(s.writeStream(ctx, writer, job))
	}()
	loaded, err := report.Load(reader)
	reader.Close()
	<-written
	return loaded, err
}
