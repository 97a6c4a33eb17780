package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/retriever"
)

type startCountInput struct{ Body countRequest }

// countedPerson is a person's count, without the rows that somebody marked as wrong.
type countedPerson struct {
	state.Counted
	WrongMentions int64 `json:"wrong_mentions" doc:"mentions marked as wrong, already taken off"`
	WrongImages   int64 `json:"wrong_images" doc:"images marked as wrong, already taken off"`
	WrongFaces    int64 `json:"wrong_faces" doc:"faces marked as wrong, already taken off"`
}

// countResult is a count's job and what it found.
type countResult struct {
	Job    jobInfo         `json:"job"`
	Counts []countedPerson `json:"counts" nullable:"false" doc:"empty until the job is done"`

	Warnings []string `json:"warnings" nullable:"false" doc:"what was not counted, and why"`
}

type resultInput struct {
	ID     string `path:"id" maxLength:"64" doc:"a job's id"`
	Accept string `header:"Accept"`
}

func (v v1) addCounts() {
	start := v.route("start-count", http.MethodPost, "/counts", "Count the persons of the roster in an index")
	start.DefaultStatus = http.StatusAccepted
	add(v, start, func(ctx context.Context, in *startCountInput) (*acceptedOutput, error) {
		job, err := v.startCount(ctx, in.Body)
		return accepted(job), err
	})
	show := v.route("get-count", http.MethodGet, "/counts/{id}", "What a count found, as JSON or counts.csv")
	show.Responses = map[string]*huma.Response{"200": {Description: "the counts", Content: map[string]*huma.MediaType{
		"application/json": {Schema: v.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[countResult](), true, "CountResult")},
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
	add(v, show, func(ctx context.Context, in *resultInput) (*huma.StreamResponse, error) {
		result, err := v.countResult(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if prefers(in.Accept, "text/csv") {
			plain := make([]retriever.Count, len(result.Counts))
			for i, c := range result.Counts {
				plain[i] = c.Counted.Count
			}
			return document("text/csv", func(w io.Writer) error { return retriever.WriteCountsCSV(w, plain) }), nil
		}
		return document("application/json", func(w io.Writer) error { return json.NewEncoder(w).Encode(result) }), nil
	})
	v.addDelete("delete-count", "/counts/{id}", "count", "Remove a count that has ended, with its evidence")
}

// addDelete registers the removal of an ended job with its results.
func (v v1) addDelete(id, path, kind, summary string) {
	remove := v.route(id, http.MethodDelete, path, summary)
	remove.DefaultStatus = http.StatusNoContent
	add(v, remove, func(ctx context.Context, in *jobInput) (*struct{}, error) {
		job, err := v.jobOf(ctx, kind, in.ID)
		if err == nil {
			err = v.record(ctx, querylog.Entry{Action: kind + " removed", Job: job.ID})
		}
		if err == nil {
			err = v.state.DeleteJob(ctx, job.ID)
		}
		if errors.Is(err, state.ErrNotFound) {
			err = &Error{Status: http.StatusConflict, Message: "the job has not ended: cancel it first"}
		}
		return &struct{}{}, err
	})
}

// jobOf gives a job of a kind.
func (s *Server) jobOf(ctx context.Context, kind, id string) (state.Job, error) {
	job, _, err := s.jobs.get(ctx, id)
	if err == nil && job.Kind != kind {
		err = state.ErrNotFound
	}
	return job, absentAs(err, kind, id)
}

// countResult is a count with the marks of those who looked at its evidence.
func (s *Server) countResult(ctx context.Context, id string) (countResult, error) {
	job, err := s.jobOf(ctx, "count", id)
	if err != nil {
		return countResult{}, err
	}
	counts, err := s.verified(ctx, job)
	if err != nil {
		return countResult{}, err
	}
	warnings, err := s.state.Messages(ctx, job.ID, 0, mostWarnings)
	if err != nil {
		return countResult{}, err
	}
	result := countResult{newJobInfo(job), counts, append([]string{}, warnings...)}
	return result, s.record(ctx, querylog.Entry{Action: "counts", Job: job.ID, Results: len(counts)})
}

// mostWarnings is beyond what a count of the largest roster says: a few for each person.
const mostWarnings = 1 << 20

// verified are a count's persons, less the rows that are marked as wrong.
func (s *Server) verified(ctx context.Context, job state.Job) ([]countedPerson, error) {
	var r countRequest
	if err := json.Unmarshal([]byte(job.Request), &r); err != nil {
		return nil, err
	}
	counts, err := s.state.Counts(ctx, job.ID)
	if err != nil {
		return nil, err
	}
	looked, err := s.lookedAt(ctx, r.Index, job.ID)
	if err != nil {
		return nil, err
	}
	wrong, err := s.state.Rejected(ctx, job.ID, looked)
	if err != nil {
		return nil, err
	}
	list := make([]countedPerson, len(counts))
	for i, c := range counts {
		list[i] = corrected(c, wrong[c.ID])
	}
	return list, nil
}

// lookedAt is what verdicts call the index of a count: its name and its fingerprint then, for the rows of
// an index that was made anew under the same name are others.
func (s *Server) lookedAt(ctx context.Context, index, job string) (string, error) {
	fingerprint, err := s.state.CountedIndex(ctx, job)
	return verdictIndex(index, fingerprint), err
}

func verdictIndex(name, fingerprint string) string {
	if fingerprint == "" {
		return name
	}
	return name + "#" + fingerprint
}

// corrected takes wrong rows off a count. The estimate is the mentions, or the images where captions
// were not counted, or else the faces, and follows. Groups are not known any more.
func corrected(c state.Counted, wrong map[string]int64) countedPerson {
	mentions, images, faces := wrong[state.KindMention], wrong[state.KindImage], wrong[state.KindFace]
	base := faces
	switch {
	case c.Mentions != nil:
		base = mentions
	case c.Images != nil:
		base = images
	}
	c.Mentions, c.Images, c.Faces = less(c.Mentions, mentions), less(c.Images, images), less(c.Faces, faces)
	c.MentionsDistinct = atMost(c.MentionsDistinct, c.Mentions)
	c.MentionAndFace = atMost(atMost(c.MentionAndFace, c.Mentions), c.Faces)
	for _, bound := range []**float64{&c.Estimate, &c.Low, &c.High} {
		*bound = less(*bound, float64(base))
	}
	if images > 0 {
		c.ImageGroups = nil
	}
	if faces > 0 {
		c.FaceGroups = nil
	}
	c.FacesLow, c.FacesHigh = less(c.FacesLow, float64(faces)), less(c.FacesHigh, float64(faces))
	return countedPerson{c, mentions, images, faces}
}

// less takes away from a count; what was not measured stays so.
func less[T int64 | float64](n *T, by T) *T {
	if n == nil {
		return nil
	}
	left := max(0, *n-by)
	return &left
}

// atMost keeps a count within one that contains it, where both were measured.
func atMost(n, most *int64) *int64 {
	if n == nil || most == nil || *n <= *most {
		return n
	}
	return most
}

// prefers says whether an Accept header names a media type before JSON, or without it.
func prefers(accept, mediaType string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		switch name, _, _ := strings.Cut(part, ";"); strings.TrimSpace(name) {
		case mediaType:
			return true
		case "application/json":
			return false
		}
	}
	return false
}
