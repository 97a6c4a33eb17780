package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
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
	HasModel           bool
	Fault              string
	Running            []state.Job
	Count              *state.Job // the newest finished count in the index
	People             []personRow
	Columns            []peopleColumn
	Most               float64 // the largest estimate
}

type personRow struct {
	personInfo
	Homonym bool
	Count   *countedPerson // nil: not counted
}

type peopleColumn struct {
	Title, URL          string
	Number              bool
	Current, Descending bool
}

// peoplePage is GET /people: the roster with the newest counts in an index.
func (p pages) peoplePage(c *gin.Context) error {
	index, err := p.index(c.Query("index"))
	if err != nil {
		return err
	}
	view := peopleView{Index: index.Name, HasModel: index.Encoder != nil}
	view.Indices, view.Countable = p.indexNames()
	if view.Running, _, err = p.jobsOf(c, "count"); err != nil {
		return err
	}
	people, err := p.people(c.Request.Context())
	if err != nil {
		return err
	}
	counts, err := p.newestCount(c, &view)
	if err != nil {
		return err
	}
	for _, person := range people {
		row := personRow{personInfo: person}
		if count, counted := counts[person.ID]; counted {
			row.Count, row.Homonym = &count, count.Homonym
			if count.Estimate != nil {
				view.Most = max(view.Most, *count.Estimate)
			}
		}
		view.People = append(view.People, row)
	}
	view.sort(c.Query("sort"))
	return p.render(c, http.StatusOK, "people", web.Page{Title: "People", Section: "people", Data: view})
}

// newestCount finds the counts to show.
func (p pages) newestCount(c *gin.Context, view *peopleView) (map[string]countedPerson, error) {
	job, err := p.state.LatestCount(c.Request.Context(), view.Index, "")
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

// sort orders the persons by a column; "-" in front turns it round. Persons without the figure
// come last either way.
func (v *peopleView) sort(by string) {
	key, descending := strings.CutPrefix(by, "-")
	columns := []struct {
		key, title string
		figure     func(personRow) *int64
	}{
		{"name", "Name", nil},
		{"photos", "Photos", func(r personRow) *int64 { n := int64(r.Photos); return &n }},
		{"mentions", "Mentions", counted(func(c *countedPerson) *int64 { return c.Mentions })},
		{"distinct", "Without repeats", counted(func(c *countedPerson) *int64 { return c.MentionsDistinct })},
		{"images", "Pictures", counted(func(c *countedPerson) *int64 { return c.Images })},
		{"estimate", "Count", counted(func(c *countedPerson) *int64 {
			if c.Estimate == nil {
				return nil
			}
			n := int64(*c.Estimate)
			return &n
		})},
	}
	for _, column := range columns {
		current := column.key == key
		next := column.key
		if column.figure != nil && !(current && descending) || column.figure == nil && current && !descending {
			next = "-" + next
		}
		link := url.Values{"index": {v.Index}, "sort": {next}}
		v.Columns = append(v.Columns, peopleColumn{column.title, "/people?" + link.Encode(), column.figure != nil, current, current && descending})
		if !current {
			continue
		}
		slices.SortStableFunc(v.People, func(a, b personRow) int {
			if column.figure == nil {
				return direction(cmp.Compare(a.Name, b.Name), descending)
			}
			return byFigure(column.figure(a), column.figure(b), descending)
		})
	}
}

func counted(figure func(*countedPerson) *int64) func(personRow) *int64 {
	return func(r personRow) *int64 {
		if r.Count == nil {
			return nil
		}
		return figure(r.Count)
	}
}

func direction(order int, descending bool) int {
	if descending {
		return -order
	}
	return order
}

func byFigure(a, b *int64, descending bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return direction(cmp.Compare(*a, *b), descending)
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
	r := countRequest{Index: c.PostForm("index"), Mode: "strict", Evidence: c.PostFormArray("evidence")}
	if c.PostForm("mode") == "paper" {
		r.Mode = "paper"
	}
	for _, kind := range r.Evidence {
		if kind != state.KindMention && kind != state.KindImage {
			return badRequest("there is no evidence of kind %q", kind)
		}
	}
	if r.wants(state.KindImage) {
		threshold, err := strconv.ParseFloat(c.PostForm("threshold"), 64)
		if err != nil || !(threshold > 0 && threshold <= 1) {
			return badRequest("the threshold is a cosine above 0 and at most 1")
		}
		r.Threshold = threshold
	}
	if _, err := p.startCount(c.Request.Context(), r); err != nil {
		return err
	}
	return goTo(c, "/people?index="+url.QueryEscape(r.Index))
}
