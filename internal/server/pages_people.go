package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/internal/server/web"
)

type peopleView struct {
	Indices, Countable []string
	Index, Mode        string
	Query, Sort        string // what the names are filtered and the rows ordered by
	Total, Matching    int    // persons on the roster, and of them those that the filter lets through
	Page, Pages        int    // from 1
	Earlier, Later     string // links to the pages beside this one; "" for none
	HasModel, HasFaces bool
	Fault              string
	Running            []state.Job
	Count              *state.Job // the newest finished count in the index
	Warnings           []string   // the first of what it says was not counted
	People             []personRow
	Columns            []peopleColumn
	Shown              map[string]bool // columns of pictures and faces that have a figure
	Most               float64         // the largest estimate
}

// warningsOnPage are as many warnings as the page shows; GET /v1/counts/ID has all.
const warningsOnPage = 5

type personRow struct {
	personInfo
	Homonym bool
	Count   *countedPerson // nil: not counted
}

// peoplePage is GET /people: the roster with the newest counts in an index.
func (p pages) peoplePage(c *gin.Context) error {
	index, err := p.index(c.Query("index"))
	if err != nil {
		return err
	}
	view := peopleView{Index: index.Name, HasModel: index.Encoder != nil, HasFaces: index.Faces != nil}
	view.Indices, view.Countable = p.indexNames()
	if view.Running, _, err = p.jobsOf(c, "count"); err != nil {
		return err
	}
	people, err := p.people(c.Request.Context())
	if err != nil {
		return err
	}
	counts, err := p.newestCount(c, &view, "")
	if err != nil {
		return err
	}
	view.Total, view.Query = len(people), strings.TrimSpace(c.Query("q"))
	for _, person := range people {
		if !person.isCalled(view.Query) {
			continue
		}
		row := personRow{personInfo: person}
		if count, counted := counts[person.ID]; counted {
			row.Count, row.Homonym = &count, count.Homonym
			if count.Estimate != nil {
				view.Most = max(view.Most, *count.Estimate)
			}
		}
		view.People = append(view.People, row)
	}
	view.sort(c.DefaultQuery("sort", view.usualOrder()))
	view.cut(c.Query("page"))
	return p.render(c, http.StatusOK, "people", web.Page{Title: "People", Section: "people", Data: view})
}

// newestCount finds the counts to show: of a person, or of anybody.
func (p pages) newestCount(c *gin.Context, view *peopleView, person string) (map[string]countedPerson, error) {
	job, err := p.state.LatestCount(c.Request.Context(), view.Index, "", person)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	view.Count = &job
	var r countRequest
	if err := json.Unmarshal([]byte(job.Request), &r); err != nil {
		return nil, err
	}
	if r.wants(state.KindMention) {
		view.Mode = r.Mode
	}
	if view.Warnings, err = p.state.Messages(c.Request.Context(), job.ID, 0, warningsOnPage); err != nil {
		return nil, err
	}
	list, err := p.verified(c.Request.Context(), job)
	if err == nil {
		err = p.record(c.Request.Context(), querylog.Entry{Action: "counts", Job: job.ID, Results: len(list)})
	}
	counts := make(map[string]countedPerson, len(list))
	for _, count := range list {
		counts[count.ID] = count
	}
	return counts, err
}

// addPerson is POST /people.
func (p pages) addPerson(c *gin.Context) error {
	name := strings.TrimSpace(c.PostForm("name"))
	id := strings.Join(strings.Fields(name), "_")
	if _, err := p.state.Person(c.Request.Context(), id); err == nil {
		return &Error{Status: http.StatusConflict, Message: "a person with this name is on the roster already; give them another id by importing a file"}
	}
	if err := p.putPerson(c.Request.Context(), id, PersonBody{Name: name, Aliases: lines(c.PostForm("aliases"))}); err != nil {
		return err
	}
	return goTo(c, "/people/"+url.PathEscape(id))
}

// lines are the lines of a text area that are not empty.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// importRoster is POST /people/import.
func (p pages) importRoster(c *gin.Context) error {
	content, name, err := formFile(c, "roster")
	if err != nil {
		return err
	}
	format := "csv"
	if ending := strings.ToLower(filepath.Ext(name)); ending == ".yaml" || ending == ".yml" {
		format = "yaml"
	}
	if _, _, err := p.importPeople(c.Request.Context(), bytes.NewReader(content), format); err != nil {
		return err
	}
	return goTo(c, "/people")
}

// countPeople is POST /people/count.
func (p pages) countPeople(c *gin.Context) error {
	hash := c.PostForm("hash_images") == "yes"
	r := countRequest{Index: c.PostForm("index"), Mode: "strict", Evidence: c.PostFormArray("evidence"), HashImages: &hash}
	if c.PostForm("mode") == "paper" {
		r.Mode = "paper"
	}
	for _, kind := range r.Evidence {
		if !isKind(kind) {
			return badRequest("there is no evidence of kind %q", kind)
		}
	}
	for kind, threshold := range map[string]*float64{state.KindImage: &r.Threshold, state.KindFace: &r.FaceThreshold} {
		if !r.wants(kind) {
			continue
		}
		given, err := strconv.ParseFloat(c.PostForm(kind+"_threshold"), 64)
		if err != nil || !(given > 0 && given <= 1) {
			return badRequest("the threshold is a cosine above 0 and at most 1")
		}
		*threshold = given
	}
	if _, err := p.startCount(c.Request.Context(), r); err != nil {
		return err
	}
	return goTo(c, "/people?index="+url.QueryEscape(r.Index))
}
