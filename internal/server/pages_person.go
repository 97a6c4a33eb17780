package server

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/state"
	"rollcall/internal/server/web"
	"rollcall/retriever"
)

// galleryPage is how many rows of evidence one page shows.
const galleryPage = 60

type personView struct {
	Person              personInfo
	Index, Kind, Cursor string
	Fault, Nothing      string
	Photos              []photoView
	Count               *countedPerson
	Wrong               int64 // rows that are marked as wrong
	Evidence            []evidenceView
	Next                string // cursor of the next page
}

type photoView struct {
	Name, URL string
	Uploaded  bool
}

type evidenceView struct {
	evidenceInfo
	Picture picture
}

// personPage is GET /people/ID: photos, counts and the rows behind them.
func (p pages) personPage(c *gin.Context) error {
	ctx := c.Request.Context()
	view := personView{Index: c.Query("index"), Kind: state.KindMention, Cursor: c.Query("cursor")}
	if kind := c.Query("kind"); kind == state.KindImage || kind == state.KindFace {
		view.Kind = kind
	}
	index, err := p.index(view.Index)
	if err != nil {
		return err
	}
	view.Index = index.Name
	if view.Person, err = p.person(ctx, c.Param("id")); err != nil {
		return err
	}
	names, err := p.photoNames(ctx, view.Person.ID)
	if err != nil {
		return err
	}
	for _, name := range names {
		_, uploaded := uploadNumber(name)
		view.Photos = append(view.Photos, photoView{name, photoURL(view.Person.ID, name), uploaded})
	}
	counts, err := p.newestCount(c, &peopleView{Index: view.Index}, view.Person.ID)
	if err != nil {
		return err
	}
	if count, counted := counts[view.Person.ID]; counted {
		view.Count, view.Wrong = &count, count.WrongMentions+count.WrongImages+count.WrongFaces
	}
	if err := p.gallery(c, &view); err != nil {
		return err
	}
	return p.render(c, http.StatusOK, "person", web.Page{Title: view.Person.Name, Section: "people", Data: view})
}

// gallery reads a page of evidence.
func (p pages) gallery(c *gin.Context, view *personView) error {
	page, err := p.evidence(c.Request.Context(), &evidenceInput{
		ID: view.Person.ID, Index: view.Index, Kind: view.Kind, Cursor: view.Cursor, Limit: galleryPage,
	})
	var none *Error
	if errors.As(err, &none) && none.Status == http.StatusNotFound {
		view.Nothing = "No such evidence was counted in this index yet: start a count on the page People."
		return nil
	}
	if err != nil {
		return err
	}
	view.Nothing = "The newest count found no such row."
	view.Next = page.Next
	images, err := p.imagePaths(c, view.Index, page.Result)
	if err != nil {
		return err
	}
	for i, e := range page.Result {
		shown := evidenceView{e, p.pictureOf(view.Index, e.Caption, images[i], e.Row)}
		if e.Left != nil && e.Top != nil && e.Width != nil && e.Height != nil {
			shown.Picture.Face = boxText(retriever.Box{Left: *e.Left, Top: *e.Top, Width: *e.Width, Height: *e.Height})
		}
		view.Evidence = append(view.Evidence, shown)
	}
	return nil
}

// imagePaths are the image files of rows of evidence; a mention's evidence does not have them.
func (p pages) imagePaths(c *gin.Context, name string, list []evidenceInfo) ([]string, error) {
	index, err := p.index(name)
	if err != nil {
		return nil, err
	}
	ids, paths := make([]int64, len(list)), make([]string, len(list))
	for i, e := range list {
		ids[i] = e.Row
	}
	if checkRows(c.Request.Context(), index, ids) != nil {
		return paths, nil // the index is not the one that was counted any more
	}
	rows, err := index.Store.Get(c.Request.Context(), ids)
	for i, row := range rows {
		paths[i] = row.ImagePath
	}
	return paths, err
}

func personURL(id string) string { return "/people/" + url.PathEscape(id) }

// savePerson is POST /people/ID: name and aliases; what the form does not show stays.
func (p pages) savePerson(c *gin.Context) error {
	ctx, id := c.Request.Context(), c.Param("id")
	person, err := p.person(ctx, id)
	if err != nil {
		return err
	}
	body := person.PersonBody
	body.Name, body.Aliases = strings.TrimSpace(c.PostForm("name")), lines(c.PostForm("aliases"))
	if err := p.putPerson(ctx, id, body); err != nil {
		return err
	}
	return goTo(c, personURL(id))
}

// removePerson is POST /people/ID/delete.
func (p pages) removePerson(c *gin.Context) error {
	if err := p.deletePerson(c.Request.Context(), c.Param("id")); err != nil {
		return err
	}
	return goTo(c, "/people")
}

// markRow is POST /people/ID/mark, and comes back to the row.
func (p pages) markRow(c *gin.Context) error {
	row, err := strconv.ParseInt(c.PostForm("row"), 10, 64)
	kind := c.PostForm("kind")
	if err != nil || !isKind(kind) {
		return badRequest("the form names no row")
	}
	v := state.Verdict{Index: c.PostForm("index"), Person: c.Param("id"), Kind: kind, Row: row}
	if err := p.mark(c.Request.Context(), v, c.PostForm("wrong") == "yes"); err != nil {
		return err
	}
	back := url.Values{"index": {v.Index}, "kind": {kind}}
	if cursor := c.PostForm("back"); cursor != "" {
		back.Set("cursor", cursor)
	}
	return goTo(c, personURL(v.Person)+"?"+back.Encode()+"#row-"+strconv.FormatInt(row, 10))
}

// uploadPhoto is POST /people/ID/photos.
func (p pages) uploadPhoto(c *gin.Context) error {
	content, _, err := formFile(c, "photo")
	if err != nil {
		return err
	}
	if _, err := p.addPhoto(c.Request.Context(), c.Param("id"), content); err != nil {
		return err
	}
	return goTo(c, personURL(c.Param("id")))
}

// removePhoto is POST /people/ID/photos/NAME/delete.
func (p pages) removePhoto(c *gin.Context) error {
	if err := p.deletePhoto(c.Request.Context(), c.Param("id"), c.Param("photo")); err != nil {
		return err
	}
	return goTo(c, personURL(c.Param("id")))
}
