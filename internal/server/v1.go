package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
)

// v1 is the typed API under /v1, described by /openapi.json from the same types that it decodes.
type v1 struct {
	*Server
	api huma.API
}

// mountV1 adds the routes under /v1 and their description. Bodies are bounded before huma reads
// them, so that its own bound is the same.
func (s *Server) mountV1(e *gin.Engine) v1 {
	config := huma.DefaultConfig("Rollcall", "1")
	config.Info.Description = "Who is in an image-text data set, how often, and does a CLIP model know them. " +
		"Errors are RFC 9457 problem documents that list every fault of a request."
	config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", nil
	v := v1{s, humagin.New(e, config)}
	v.addIndices()
	v.addSearch()
	v.addRows()
	v.addPeople()
	v.addPhotos()
	v.addCounts()
	v.addEvidence()
	v.addAudits()
	v.addJobs()
	v.exemplify()
	return v
}

// exemplify puts the name of a served index into the description wherever one is asked for.
func (v v1) exemplify() {
	name := v.indices()[0].Name
	for _, path := range v.api.OpenAPI().Paths {
		for _, operation := range []*huma.Operation{path.Get, path.Post} {
			if operation == nil {
				continue
			}
			for _, p := range operation.Parameters {
				if p.In == "path" && p.Name == "name" || p.In == "query" && p.Name == "index" {
					p.Example = name
				}
			}
		}
	}
	if count := v.api.OpenAPI().Components.Schemas.Map()["CountRequest"]; count != nil {
		count.Properties["index"].Examples = []any{name}
	}
}

// route describes one operation. Every route may answer with the faults that any request can have.
func (v v1) route(id, method, path, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: "/v1" + path, Summary: summary,
		MaxBodyBytes: v.options.MaxBody, BodyReadTimeout: v.options.ReadTimeout,
		Errors: []int{
			http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout,
			http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest,
			http.StatusTooManyRequests, http.StatusServiceUnavailable,
		},
	}
}

// add registers a handler: its errors become problem documents in one place.
func add[I, O any](v v1, operation huma.Operation, handler func(context.Context, *I) (*O, error)) {
	huma.Register(v.api, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, v.problem(ctx, operation, err)
		}
		return out, nil
	})
}

// problem is what a client is told of an error: its own fault in full, ours without details, and when to
// come back.
func (v v1) problem(ctx context.Context, operation huma.Operation, err error) error {
	var told huma.StatusError
	if errors.As(err, &told) {
		return told
	}
	status := statusOf(err)
	if status >= http.StatusInternalServerError {
		v.logFailure(ctx, operation.Path, status, err)
	}
	told = huma.NewError(status, message(err, status))
	if wait := retryAfter(err); wait > 0 {
		return huma.ErrorWithHeaders(told, http.Header{"Retry-After": {seconds(wait)}})
	}
	return told
}

// invalid is one fault of a request: where it is, and what to do about it.
func invalid(location, text string, value any) error {
	return huma.Error422UnprocessableEntity("the request cannot be used", &huma.ErrorDetail{Location: location, Message: text, Value: value})
}

// timestamp is a moment as answers have it: RFC 3339 in UTC, to the second; "" for none.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// writeProblem answers what never reached a route of /v1, in the same form.
func writeProblem(c *gin.Context, status int, text string) {
	c.Header("Content-Type", "application/problem+json")
	c.AbortWithStatusJSON(status, huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: text})
}
