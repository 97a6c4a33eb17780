package server

import (
	"context"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"rollcall/auditor/report"
	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
)

type startAuditInput struct{ Body auditRequest }

type modelsOutput struct {
	Body struct {
		Models []modelInfo `json:"models" nullable:"false"`
	}
}

// modelInfo is a model that can be audited.
type modelInfo struct {
	Name      string            `json:"name"`
	Digest    string            `json:"digest" doc:"SHA-256 of its files"`
	Reference bool              `json:"reference" doc:"known not to have seen the data: a control of every audit that names no others"`
	Info      map[string]string `json:"info,omitempty"`
}

// reportPolicy lets a report show its own styles and plots and sort its own tables, as a document of
// no origin: whatever runs in it cannot reach the service.
const reportPolicy = "sandbox allow-scripts allow-popups; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

func (v v1) addAudits() {
	add(v, v.route("list-models", http.MethodGet, "/models", "The models that can be audited"),
		func(context.Context, *struct{}) (*modelsOutput, error) {
			out := &modelsOutput{}
			out.Body.Models = []modelInfo{}
			for _, m := range v.options.Models {
				out.Body.Models = append(out.Body.Models, modelInfo{m.Name, m.Digest, m.Reference, m.Info})
			}
			return out, nil
		})
	start := v.route("start-audit", http.MethodPost, "/audits", "Ask whether models know the persons: the Identity Inference Attack")
	start.DefaultStatus = http.StatusAccepted
	add(v, start, func(ctx context.Context, in *startAuditInput) (*acceptedOutput, error) {
		job, err := v.startAudit(ctx, in.Body)
		return accepted(job), err
	})
	object := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "configuration, findings, summaries"}
	v.addReport("get-audit", "/audits/{id}", "What an audit found", "application/json", object, report.JSON)
	text := v.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[string](), true, "Text")
	v.addReport("get-audit-report", "/audits/{id}/report.html", "An audit's report as one page", "text/html; charset=utf-8", text, report.HTML)
	v.addReport("get-audit-summary", "/audits/{id}/summary.csv", "One row a model and person", "text/csv", text, report.SummaryCSV)
	v.addStream(text)
	v.addDelete("delete-audit", "/audits/{id}", "audit", "Remove an audit that has ended, with its findings")
}

// addReport registers one rendering of a finished audit.
func (v v1) addReport(id, path, summary, mediaType string, schema *huma.Schema, render func(io.Writer, *report.Report) error) {
	add(v, v.rendering(id, path, summary, mediaType, schema), func(ctx context.Context, in *jobInput) (*huma.StreamResponse, error) {
		stored, err := v.finishedReport(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			if id == "get-audit-report" {
				c.SetHeader("Content-Security-Policy", reportPolicy)
			}
			document(mediaType, func(w io.Writer) error { return render(w, stored) }).Body(c)
		}}, nil
	})
}

func (v v1) rendering(id, path, summary, mediaType string, schema *huma.Schema) huma.Operation {
	show := v.route(id, http.MethodGet, path, summary)
	show.Responses = map[string]*huma.Response{"200": {Description: summary, Content: map[string]*huma.MediaType{mediaType: {Schema: schema}}}}
	return show
}

// addStream registers run.jsonl, from which every report can be made again.
func (v v1) addStream(schema *huma.Schema) {
	const mediaType = "application/jsonl"
	add(v, v.rendering("get-audit-stream", "/audits/{id}/run.jsonl", "An audit's stream of messages", mediaType, schema),
		func(ctx context.Context, in *jobInput) (*huma.StreamResponse, error) {
			if _, err := v.finishedAudit(ctx, in.ID); err != nil {
				return nil, err
			}
			return document(mediaType, func(w io.Writer) error { return v.writeStream(ctx, w, in.ID) }), nil
		})
}

// finishedAudit gives an audit's job; one that is not done has no result.
func (s *Server) finishedAudit(ctx context.Context, id string) (state.Job, error) {
	job, err := s.jobOf(ctx, "audit", id)
	if err == nil && job.State != state.Done {
		err = &Error{Status: http.StatusConflict, Message: "the audit is " + job.State + ": it has no result; GET /v1/jobs/" + id + " says more"}
	}
	if err == nil {
		err = s.record(ctx, querylog.Entry{Action: "findings", Job: id})
	}
	return job, err
}

func (s *Server) finishedReport(ctx context.Context, id string) (*report.Report, error) {
	if _, err := s.finishedAudit(ctx, id); err != nil {
		return nil, err
	}
	return s.storedReport(ctx, id)
}
