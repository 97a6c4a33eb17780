package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rollcall/internal/server/querylog"
	"rollcall/retriever"
)

// PersonBody is what is known of a person.
type PersonBody struct {
	Name    string   `json:"name" minLength:"1" maxLength:"256" doc:"as captions write it"`
	Aliases []string `json:"aliases,omitempty" maxItems:"1000" nullable:"false" doc:"other ways to write it"`
	Sex     string   `json:"sex,omitempty" enum:"female,male,other" doc:"absent when unknown"`
	Member  *bool    `json:"member,omitempty" doc:"in the training data; absent when unknown"`
	Count   *int64   `json:"count,omitempty" minimum:"0" doc:"known training count"`
}

// personInfo is a person of the roster.
type personInfo struct {
	ID string `json:"id"`
	PersonBody
	Photos int `json:"photos" doc:"photos that are kept for the person"`
}

func newPersonInfo(p retriever.Person, photos int) personInfo {
	return personInfo{ID: p.ID, PersonBody: PersonBody{p.Name, p.Aliases, p.Sex, p.Member, p.Count}, Photos: photos}
}

type personInput struct {
	ID string `path:"id" maxLength:"256" doc:"a person's id"`
}

type putPersonInput struct {
	ID   string `path:"id" maxLength:"256" doc:"a person's id"`
	Body PersonBody
}

type personOutput struct{ Body personInfo }

type peopleInput struct {
	Cursor string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" default:"1000"`
}

// peoplePage is a page of the roster, in the order of names.
type peoplePage struct {
	Total  int          `json:"total" doc:"persons on the whole roster"`
	Next   string       `json:"next_cursor,omitempty" doc:"asks for the next page; absent on the last"`
	People []personInfo `json:"people" nullable:"false"`
}

type peopleOutput struct{ Body peoplePage }

type importInput struct {
	Format  string `query:"format" enum:"csv,yaml" default:"csv"`
	RawBody []byte `contentType:"text/csv"`
}

type importOutput struct {
	Body struct {
		Imported int      `json:"imported" doc:"persons of the file, added or replaced"`
		Warnings []string `json:"warnings" nullable:"false"`
	}
}

func (v v1) addPeople() {
	add(v, v.route("list-people", http.MethodGet, "/people", "The roster, a page at a time"),
		func(ctx context.Context, in *peopleInput) (*peopleOutput, error) {
			page, err := v.peoplePage(ctx, in.Cursor, in.Limit)
			return &peopleOutput{page}, err
		})
	add(v, v.route("get-person", http.MethodGet, "/people/{id}", "One person"),
		func(ctx context.Context, in *personInput) (*personOutput, error) {
			info, err := v.person(ctx, in.ID)
			return &personOutput{info}, err
		})
	add(v, v.route("put-person", http.MethodPut, "/people/{id}", "Add or replace a person; photos stay"),
		func(ctx context.Context, in *putPersonInput) (*personOutput, error) {
			if err := v.putPerson(ctx, in.ID, in.Body); err != nil {
				return nil, err
			}
			info, err := v.person(ctx, in.ID)
			return &personOutput{info}, err
		})
	remove := v.route("delete-person", http.MethodDelete, "/people/{id}", "Remove a person with photos, counts and evidence")
	remove.DefaultStatus = http.StatusNoContent
	add(v, remove, func(ctx context.Context, in *personInput) (*struct{}, error) {
		return &struct{}{}, v.deletePerson(ctx, in.ID)
	})
	add(v, v.route("import-people", http.MethodPost, "/people/import", "Add or replace all persons of a roster file, CSV or YAML"),
		func(ctx context.Context, in *importInput) (*importOutput, error) {
			imported, warnings, err := v.importPeople(ctx, bytes.NewReader(in.RawBody), in.Format)
			out := &importOutput{}
			out.Body.Imported, out.Body.Warnings = imported, warnings
			return out, err
		})
}

// peoplePage is a page of the roster. A cursor is the last name and id that were given, so that
// persons who come and go shift nobody.
func (s *Server) peoplePage(ctx context.Context, cursor string, limit int) (page peoplePage, err error) {
	var after [2]string
	if text, err := base64.RawURLEncoding.DecodeString(cursor); cursor != "" && (err != nil || json.Unmarshal(text, &after) != nil) {
		return page, invalid("query.cursor", "it is not a cursor of this route: begin without one", cursor)
	}
	if page.Total, err = s.state.PeopleLen(ctx); err != nil {
		return page, err
	}
	people, err := s.state.PeopleAfter(ctx, after[0], after[1], limit+1)
	if err != nil {
		return page, err
	}
	if len(people) > limit {
		people = people[:limit]
		last, err := json.Marshal([2]string{people[limit-1].Name, people[limit-1].ID})
		if err != nil {
			return page, err
		}
		page.Next = base64.RawURLEncoding.EncodeToString(last)
	}
	page.People, err = s.withPhotos(ctx, people)
	return page, err
}

// people is the whole roster with the number of everybody's photos.
func (s *Server) people(ctx context.Context) ([]personInfo, error) {
	people, err := s.state.People(ctx)
	if err != nil {
		return nil, err
	}
	return s.withPhotos(ctx, people)
}

// withPhotos counts everybody's photos.
func (s *Server) withPhotos(ctx context.Context, people []retriever.Person) ([]personInfo, error) {
	uploads, err := s.state.PhotoOwners(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]personInfo, len(people))
	for i, p := range people {
		files, err := s.folderPhotos(p.ID)
		if err != nil {
			return nil, err
		}
		list[i] = newPersonInfo(p, len(files)+uploads[p.ID])
	}
	return list, nil
}

func (s *Server) person(ctx context.Context, id string) (personInfo, error) {
	p, err := s.state.Person(ctx, id)
	if err != nil {
		return personInfo{}, absentAs(err, "person", id)
	}
	photos, err := s.photoNames(ctx, id)
	return newPersonInfo(p, len(photos)), err
}

// putPerson checks a person as a roster file's line is checked.
func (s *Server) putPerson(ctx context.Context, id string, b PersonBody) error {
	for i, alias := range b.Aliases {
		if strings.Contains(alias, "|") {
			return invalid(fmt.Sprintf("body.aliases[%d]", i), `an alias cannot have a "|"`, alias)
		}
	}
	roster, err := rosterOf([]retriever.Person{{ID: id, Name: b.Name, Aliases: b.Aliases, Sex: b.Sex, Member: b.Member, Count: b.Count}})
	if err != nil {
		return rosterProblem(err, "body")
	}
	if p := roster.Persons[0]; p.ID != id {
		return invalid("path.id", "an id neither begins nor ends with a space, and is not empty", id)
	}
	if err := s.record(ctx, querylog.Entry{Action: "person changed", Person: id}); err != nil {
		return err
	}
	return s.state.PutPeople(ctx, roster.Persons)
}

// deletePerson removes a person with photos, counts and evidence.
func (s *Server) deletePerson(ctx context.Context, id string) error {
	if err := s.record(ctx, querylog.Entry{Action: "person removed", Person: id}); err != nil {
		return err
	}
	return absentAs(s.state.DeletePerson(ctx, id), "person", id)
}

// importPeople reads a roster file; on a fault nothing of it is used.
func (s *Server) importPeople(ctx context.Context, file io.Reader, format string) (int, []string, error) {
	roster, err := retriever.ReadRoster(file, "roster."+format)
	if err != nil {
		return 0, nil, rosterProblem(err, "body")
	}
	if err := s.record(ctx, querylog.Entry{Action: "people imported", Asked: len(roster.Persons)}); err != nil {
		return 0, nil, err
	}
	return len(roster.Persons), append([]string{}, roster.Warnings...), s.state.PutPeople(ctx, roster.Persons)
}

// rosterProblem lists the faults of a roster with their lines.
func rosterProblem(err error, where string) error {
	var faults *retriever.RosterError
	if !errors.As(err, &faults) {
		return err
	}
	var details []error
	for _, f := range faults.Faults {
		details = append(details, &huma.ErrorDetail{Location: fmt.Sprintf("%s, line %d", where, f.Line), Message: f.Text})
	}
	text := "the roster cannot be used, and nothing was changed"
	if faults.More > 0 {
		text += fmt.Sprintf("; %d more faults are not listed", faults.More)
	}
	return huma.Error422UnprocessableEntity(text, details...)
}

// rosterOf makes a roster of persons, by the rules of a roster file: homonyms are marked.
func rosterOf(people []retriever.Person) (*retriever.Roster, error) {
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	_ = w.Write([]string{"id", "name", "aliases", "sex", "member", "count"}) // a buffer takes everything
	for _, p := range people {
		member, count := "", ""
		if p.Member != nil {
			member = map[bool]string{true: "yes", false: "no"}[*p.Member]
		}
		if p.Count != nil {
			count = strconv.FormatInt(*p.Count, 10)
		}
		_ = w.Write([]string{p.ID, p.Name, strings.Join(p.Aliases, "|"), p.Sex, member, count})
	}
	w.Flush()
	return retriever.ReadRoster(&file, "roster.csv")
}
