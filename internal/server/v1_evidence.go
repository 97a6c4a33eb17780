package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/retriever"
)

type evidenceInput struct {
	ID     string `path:"id" maxLength:"256" doc:"a person's id"`
	Index  string `query:"index" required:"true" maxLength:"255"`
	Kind   string `query:"kind" required:"true" enum:"mention,image,face"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Accept string `header:"Accept" doc:"application/json, application/jsonl or text/csv"`
}

// evidenceInfo is one row behind a count.
type evidenceInfo struct {
	retriever.Evidence
	Wrong bool `json:"wrong" doc:"marked as a wrong match"`
}

// evidencePage is a page of the newest finished count in the index that has the person. A cursor stays
// with the count that it came from.
type evidencePage struct {
	Count  string         `json:"count" doc:"the count whose evidence this is"`
	Next   string         `json:"next_cursor,omitempty" doc:"asks for the next page; absent on the last"`
	Result []evidenceInfo `json:"evidence" nullable:"false"`
}

type verdictInput struct {
	ID   string `path:"id" maxLength:"256" doc:"a person's id"`
	Body struct {
		Index string `json:"index" maxLength:"255"`
		Kind  string `json:"kind" enum:"mention,image,face"`
		Row   int64  `json:"row" minimum:"0"`
		Wrong bool   `json:"wrong" doc:"false takes the mark away"`
	}
}

func (v v1) addEvidence() {
	show := v.route("get-evidence", http.MethodGet, "/people/{id}/evidence", "The rows behind a person's newest count")
	next := map[string]*huma.Param{"Link": {Description: `the next page, rel="next"`, Schema: &huma.Schema{Type: huma.TypeString}}}
	show.Responses = map[string]*huma.Response{"200": {Description: "a page of rows", Headers: next, Content: map[string]*huma.MediaType{
		"application/json":  {Schema: v.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[evidencePage](), true, "EvidencePage")},
		"application/jsonl": {Schema: &huma.Schema{Type: huma.TypeString}},
		"text/csv":          {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
	add(v, show, func(ctx context.Context, in *evidenceInput) (*huma.StreamResponse, error) {
		page, err := v.evidence(ctx, in)
		if err != nil {
			return nil, err
		}
		return evidenceDocument(in, page), nil
	})
	mark := v.route("mark-evidence", http.MethodPut, "/people/{id}/evidence", "Mark a row as a wrong match, or take the mark away; the counts follow")
	mark.DefaultStatus = http.StatusNoContent
	add(v, mark, func(ctx context.Context, in *verdictInput) (*struct{}, error) {
		return &struct{}{}, v.mark(ctx, state.Verdict{Index: in.Body.Index, Person: in.ID, Kind: in.Body.Kind, Row: in.Body.Row}, in.Body.Wrong)
	})
}

// evidence reads a page.
func (s *Server) evidence(ctx context.Context, in *evidenceInput) (evidencePage, error) {
	if _, err := s.state.Person(ctx, in.ID); err != nil {
		return evidencePage{}, absentAs(err, "person", in.ID)
	}
	query := state.EvidenceQuery{Person: in.ID, Kind: in.Kind, Most: in.Limit + 1}
	if in.Cursor != "" {
		job, after, ok := readCursor(in.Cursor)
		if !ok {
			return evidencePage{}, invalid("query.cursor", "it is not a cursor of this route: begin without one", in.Cursor)
		}
		query.Job, query.After = job, after
	} else {
		job, err := s.state.LatestCount(ctx, in.Index, in.Kind, in.ID)
		if errors.Is(err, state.ErrNotFound) {
			return evidencePage{}, notFound("no finished count of index %q has evidence of kind %s of this person: POST /v1/counts starts one", in.Index, in.Kind)
		}
		if err != nil {
			return evidencePage{}, err
		}
		query.Job = job.ID
	}
	var err error
	if query.Index, err = s.lookedAt(ctx, in.Index, query.Job); err != nil {
		return evidencePage{}, err
	}
	rows, err := s.state.Evidence(ctx, query)
	if err != nil {
		return evidencePage{}, err
	}
	page := evidencePage{Count: query.Job, Result: []evidenceInfo{}}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		page.Next = newCursor(query.Job, rows[in.Limit-1].Number)
	}
	for _, row := range rows {
		page.Result = append(page.Result, evidenceInfo{row.Evidence, row.Wrong})
	}
	return page, s.record(ctx, querylog.Entry{Action: "evidence", Index: in.Index, Person: in.ID, Asked: in.Limit, Results: len(page.Result)})
}

// A cursor names a count and the last row that was given of it, so that a newer count does not
// shift the pages of an older one.
func newCursor(job string, after int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(job + "." + strconv.FormatInt(after, 10)))
}

func readCursor(cursor string) (job string, after int64, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	job, number, both := strings.Cut(string(text), ".")
	after, err2 := strconv.ParseInt(number, 10, 64)
	return job, after, err == nil && err2 == nil && both && job != "" && after > 0
}

// evidenceDocument renders a page as it was asked for. The forms without a place for the cursor
// have it in the Link header alone, as all have.
func evidenceDocument(in *evidenceInput, page evidencePage) *huma.StreamResponse {
	mediaType, write := "application/json", func(w io.Writer) error { return json.NewEncoder(w).Encode(page) }
	lines := func(open func(io.Writer) retriever.EvidenceWriter) func(io.Writer) error {
		return func(w io.Writer) error {
			out := open(w)
			for _, e := range page.Result {
				if err := out.Write(e.Evidence); err != nil {
					return errors.Join(err, out.Close())
				}
			}
			return out.Close()
		}
	}
	switch {
	case prefers(in.Accept, "text/csv"):
		mediaType, write = "text/csv", lines(retriever.NewEvidenceCSV)
	case prefers(in.Accept, "application/jsonl"):
		mediaType, write = "application/jsonl", lines(retriever.NewEvidenceJSONL)
	}
	answer := document(mediaType, write)
	body := answer.Body
	answer.Body = func(c huma.Context) {
		if page.Next != "" {
			values := url.Values{"index": {in.Index}, "kind": {in.Kind}, "limit": {strconv.Itoa(in.Limit)}, "cursor": {page.Next}}
			c.SetHeader("Link", fmt.Sprintf(`</v1/people/%s/evidence?%s>; rel="next"`, url.PathEscape(in.ID), values.Encode()))
		}
		body(c)
	}
	return answer
}

// mark keeps what somebody says of a row.
func (s *Server) mark(ctx context.Context, v state.Verdict, wrong bool) error {
	if _, err := s.state.Person(ctx, v.Person); err != nil {
		return absentAs(err, "person", v.Person)
	}
	index, err := s.index(v.Index)
	if err != nil {
		return err
	}
	v.Index = index.Name
	if err := checkRows(ctx, index, []int64{v.Row}); err != nil {
		return err
	}
	switch counted, err := s.state.LatestCount(ctx, v.Index, v.Kind, v.Person); {
	case errors.Is(err, state.ErrNotFound):
		v.Index = verdictIndex(v.Index, index.fingerprint())
	case err != nil:
		return err
	default: // whose evidence was looked at
		if v.Index, err = s.lookedAt(ctx, v.Index, counted.ID); err != nil {
			return err
		}
	}
	said := map[bool]string{true: "row marked as wrong", false: "mark taken away"}[wrong]
	if err := s.record(ctx, querylog.Entry{Action: said, Index: index.Name, Person: v.Person, Rows: []int64{v.Row}}); err != nil {
		return err
	}
	return s.state.SetWrong(ctx, v, wrong)
}
