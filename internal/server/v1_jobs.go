package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
)

// jobInfo is a job as answers have it.
type jobInfo struct {
	ID       string          `json:"id"`
	Kind     string          `json:"kind" enum:"count,audit"`
	State    string          `json:"state" enum:"queued,running,done,failed,cancelled,interrupted" doc:"interrupted: the service stopped while it ran"`
	Stage    string          `json:"stage,omitempty" doc:"what it is at"`
	Done     int64           `json:"done" doc:"of total, in the stage's own unit"`
	Total    int64           `json:"total" doc:"0 when unknown"`
	Error    string          `json:"error,omitempty" doc:"why it failed or was interrupted"`
	Created  string          `json:"created" format:"date-time"`
	Started  string          `json:"started,omitempty" format:"date-time"`
	Finished string          `json:"finished,omitempty" format:"date-time"`
	Result   string          `json:"result" doc:"where the result is, once it is done"`
	Request  json.RawMessage `json:"request" doc:"what was asked for"`
}

func newJobInfo(j state.Job) jobInfo {
	return jobInfo{
		ID: j.ID, Kind: j.Kind, State: j.State, Stage: j.Stage, Done: j.Done, Total: j.Total, Error: j.Error,
		Created: timestamp(j.Created), Started: timestamp(j.Started), Finished: timestamp(j.Finished),
		Result: fmt.Sprintf("/v1/%ss/%s", j.Kind, j.ID), Request: json.RawMessage(j.Request),
	}
}

type jobInput struct {
	ID string `path:"id" maxLength:"64" doc:"a job's id"`
}

type jobOutput struct{ Body jobInfo }

// acceptedOutput answers the start of a job.
type acceptedOutput struct {
	Location string `header:"Location" doc:"the job"`
	Body     jobInfo
}

func accepted(j state.Job) *acceptedOutput {
	return &acceptedOutput{"/v1/jobs/" + j.ID, newJobInfo(j)}
}

type jobsInput struct {
	Kind string `query:"kind" enum:"count,audit" doc:"only jobs of this kind"`
}

type jobsOutput struct {
	Body struct {
		Jobs []jobInfo `json:"jobs" nullable:"false" doc:"the newest 200 first"`
	}
}

type watchInput struct {
	ID     string `path:"id" maxLength:"64" doc:"a job's id"`
	Accept string `header:"Accept" doc:"text/event-stream for its progress until it ends"`
}

// mostListed bounds a list of jobs.
const mostListed = 200

func (v v1) addJobs() {
	add(v, v.route("list-jobs", http.MethodGet, "/jobs", "What runs, waits and has ended"),
		func(ctx context.Context, in *jobsInput) (*jobsOutput, error) {
			list, err := v.state.Jobs(ctx, in.Kind, mostListed)
			out := &jobsOutput{}
			out.Body.Jobs = make([]jobInfo, len(list))
			for i, job := range list {
				out.Body.Jobs[i] = newJobInfo(job)
			}
			return out, err
		})
	watch := v.route("get-job", http.MethodGet, "/jobs/{id}", "A job, or its progress as server-sent events")
	watch.Responses = map[string]*huma.Response{"200": {Description: "the job, or an event whenever it changes", Content: map[string]*huma.MediaType{
		"application/json":  {Schema: v.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[jobInfo](), true, "Job")},
		"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
	add(v, watch, func(ctx context.Context, in *watchInput) (*huma.StreamResponse, error) {
		job, _, err := v.jobs.get(ctx, in.ID)
		if err != nil {
			return nil, absentAs(err, "job", in.ID)
		}
		if strings.Contains(in.Accept, "text/event-stream") {
			return &huma.StreamResponse{Body: func(c huma.Context) { v.watch(c, in.ID) }}, nil
		}
		return document("application/json", func(w io.Writer) error { return json.NewEncoder(w).Encode(newJobInfo(job)) }), nil
	})
	add(v, v.route("cancel-job", http.MethodDelete, "/jobs/{id}", "Cancel a job that waits or runs"),
		func(ctx context.Context, in *jobInput) (*jobOutput, error) {
			job, err := v.cancel(ctx, in.ID)
			return &jobOutput{newJobInfo(job)}, absentAs(err, "job", in.ID)
		})
}

// cancel ends a job that waits or runs.
func (s *Server) cancel(ctx context.Context, id string) (state.Job, error) {
	if err := s.record(ctx, querylog.Entry{Action: "job cancelled", Job: id}); err != nil {
		return state.Job{}, err
	}
	return s.jobs.end(ctx, id)
}

// absentAs names what was not found.
func absentAs(err error, what, id string) error {
	if errors.Is(err, state.ErrNotFound) {
		return notFound("there is no %s %q", what, id)
	}
	return err
}

// document is an answer that is not JSON of a fixed form. It is written whole or, when the client
// has gone, in part.
func document(mediaType string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", mediaType)
		_ = write(c.BodyWriter()) // what was sent cannot be taken back: the client sees a cut answer
	}}
}

const (
	// eventEvery keeps a fast job from flooding those who watch it.
	eventEvery = 200 * time.Millisecond
	// eventIdle is how often a slow job is repeated, so that connections through proxies stay open.
	eventIdle = 15 * time.Second
	// eventWrite ends watchers that do not read.
	eventWrite = 10 * time.Second
)

// watch sends a job whenever it changes, until it has ended, the client goes or the service stops.
func (v v1) watch(c huma.Context, id string) {
	c.SetHeader("Content-Type", "text/event-stream")
	c.SetHeader("X-Accel-Buffering", "no")
	writer, ok := c.BodyWriter().(http.ResponseWriter)
	if !ok {
		return
	}
	control := http.NewResponseController(writer)
	ctx := c.Context()
	for {
		job, changed, err := v.jobs.get(ctx, id)
		if err != nil {
			return
		}
		data, err := json.Marshal(newJobInfo(job))
		if err != nil {
			return
		}
		err = errors.Join(control.SetWriteDeadline(time.Now().Add(eventWrite)), event(writer, "job", data), control.Flush())
		if err != nil || job.Ended() {
			return
		}
		idle := time.NewTimer(eventIdle)
		select {
		case <-changed:
		case <-idle.C:
		case <-ctx.Done():
		case <-v.stopping:
			idle.Stop()
			return
		}
		idle.Stop()
		pause := time.NewTimer(eventEvery)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

func event(w io.Writer, name string, data []byte) error {
	_, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
	return err
}
