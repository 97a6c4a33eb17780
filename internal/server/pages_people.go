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
	Query, Sort        string // what the names are filtered and the rows ordered by
	Total, Matching    int    // persons on the roster, and of them those that the filter lets through
	Page, Pages        int    // from 1
	Earlier, Later     string // links to the pages beside this one; "" for none
	HasModel, HasFaces bool
	Fault              string
	Running            []state.Job
	Count              *state.Job // the newest finished count in the index
	People             []personRow
	Columns            []peopleColumn
	Shown              map[string]bool // columns of pictures and faces that have a figure
	Most               float64         // the largest estimate
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
	view := peopleView{Index: index.Name, HasModel: index.Encoder != nil, HasFaces: index.Faces != nil}
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

// peopleOnPage is how many persons one page shows.
const peopleOnPage = 200

// isCalled says whether a name or alias contains a text, whatever its case.
func (p personInfo) isCalled(text string) bool {
	contains := func(name string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(text)) }
	return contains(p.Name) || slices.ContainsFunc(p.Aliases, contains)
}

// cut keeps the persons of one page, and links those beside it.
func (v *peopleView) cut(page string) {
	v.Matching = len(v.People)
	v.Pages = max(1, (v.Matching+peopleOnPage-1)/peopleOnPage)
	v.Page, _ = strconv.Atoi(page) // what is no number is the first page
	v.Page = min(max(v.Page, 1), v.Pages)
	first := (v.Page - 1) * peopleOnPage
	v.People = v.People[first:min(first+peopleOnPage, v.Matching)]
	if v.Page > 1 {
		v.Earlier = v.link(v.Sort, v.Page-1)
	}
	if v.Page < v.Pages {
		v.Later = v.link(v.Sort, v.Page+1)
	}
}

func (v *peopleView) link(sort string, page int) string {
	values := url.Values{"index": {v.Index}}
	if sort != "" {
		values.Set("sort", sort)
	}
	if v.Query != "" {
		values.Set("q", v.Query)
	}
	if page > 1 {
		values.Set("page", strconv.Itoa(page))
	}
	return "/people?" + values.Encode()
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

// usualOrder begins with the largest counts, where there are some.
func (v *peopleView) usualOrder() string {
	if v.Count == nil {
		return ""
	}
	return "-estimate"
}

// sort orders the persons by a column; "-" in front turns it round. Persons without the figure
// come last either way.
func (v *peopleView) sort(by string) {
	v.Sort = by
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
		{"faces", "Faces", counted(func(c *countedPerson) *int64 { return c.Faces })},
		{"estimate", "Count", counted(func(c *countedPerson) *int64 {
			if c.Estimate == nil {
				return nil
			}
			n := int64(*c.Estimate)
			return &n
		})},
	}
	v.Shown = map[string]bool{}
	for _, column := range columns {
		v.Shown[column.key] = column.figure == nil || slices.ContainsFunc(v.People, func(r personRow) bool { return column.figure(r) != nil })
		if optional := column.key == "images" || column.key == "faces"; optional && !v.Shown[column.key] {
			continue
		}
		current := column.key == key
		next := column.key
		if column.figure != nil && !(current && descending) || column.figure == nil && current && !descending {
			next = "-" + next
		}
		v.Columns = append(v.Columns, peopleColumn{column.title, v.link(next, 1), column.figure != nil, current, current && descending})
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
