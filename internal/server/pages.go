package server

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/internal/server/web"
)

// pages are the routes for people with a browser. They call what /v1 calls, and render.
type pages struct {
	v1
	templates *web.Pages
}

func (s *Server) mountPages(e *gin.Engine, api v1) {
	p := pages{api, s.templates}
	e.GET("/static/:file", s.handle(static))
	e.GET("/image/:index/:row", s.handle(p.image))
	e.GET("/", p.page(p.searchPage))
	e.POST("/", p.page(p.searchPage))
	e.GET("/indices", p.page(p.indicesPage))
	e.GET("/people", p.page(p.peoplePage))
	e.POST("/people", p.page(p.addPerson))
	e.POST("/people/import", p.page(p.importRoster))
	e.POST("/people/count", p.page(p.countPeople))
	e.GET("/people/:id", p.page(p.personPage))
	e.POST("/people/:id", p.page(p.savePerson))
	e.POST("/people/:id/delete", p.page(p.removePerson))
	e.POST("/people/:id/mark", p.page(p.markRow))
	e.POST("/people/:id/photos", p.page(p.uploadPhoto))
	e.POST("/people/:id/photos/:photo/delete", p.page(p.removePhoto))
	e.GET("/audits", p.page(p.auditsPage))
	e.POST("/audits", p.page(p.beginAudit))
	e.GET("/audits/:id", p.page(p.auditPage))
	e.GET("/audits/:id/plots/:plot", s.handle(p.plot))
	e.POST("/jobs/:id/cancel", p.page(p.cancelJob))
}

// page is a route that answers with HTML, also when it fails.
func (p pages) page(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Content-Security-Policy", web.Policy)
		if err := h(c); err != nil {
			p.showProblem(c, err)
		}
	}
}

// problemView is a request that could not be answered.
type problemView struct {
	Status, Text, Back string
	Faults             []string
}

func (p pages) showProblem(c *gin.Context, err error) {
	status, text, faults := p.faultOf(c, err)
	back := "/"
	if section, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/"); section == "people" || section == "audits" {
		back = "/" + section
	}
	view := problemView{http.StatusText(status), text, back, faults}
	if err := p.render(c, status, "problem", web.Page{Title: view.Status, Data: view}); err != nil {
		p.logFailure(c.Request.Context(), c.FullPath(), status, err)
		c.AbortWithStatus(http.StatusInternalServerError)
	}
}

// faultOf is what a reader is told of an error.
func (p pages) faultOf(c *gin.Context, err error) (status int, text string, faults []string) {
	var problem *huma.ErrorModel
	if errors.As(err, &problem) {
		for _, detail := range problem.Errors {
			place := strings.TrimPrefix(strings.TrimPrefix(detail.Location, "body, "), "body.")
			faults = append(faults, strings.TrimPrefix(place+": "+detail.Message, "body: "))
		}
		return problem.Status, problem.Detail, faults
	}
	status = statusOf(err)
	if status >= http.StatusInternalServerError {
		p.logFailure(c.Request.Context(), c.FullPath(), status, err)
	}
	return status, message(err, status), nil
}

// render sends a page once it is whole.
func (p pages) render(c *gin.Context, status int, name string, page web.Page) error {
	var whole bytes.Buffer
	if err := p.templates.Render(&whole, name, page); err != nil {
		return err
	}
	endTurn(c)
	c.Data(status, "text/html; charset=utf-8", whole.Bytes())
	return nil
}

// goTo sends the browser to a page, so that a reload repeats no action.
func goTo(c *gin.Context, url string) error {
	c.Redirect(http.StatusSeeOther, url)
	return nil
}

// static gives the pages' styles and scripts.
func static(c *gin.Context) error {
	content, mediaType, err := web.Static(c.Param("file"))
	if err != nil {
		return notFound("there is no such file")
	}
	c.Header("Cache-Control", "max-age=300")
	c.Data(http.StatusOK, mediaType, content)
	return nil
}

// image is GET /image/INDEX/ROW: a row's image, when it lies below an image root.
func (p pages) image(c *gin.Context) error {
	row, err := strconv.ParseInt(c.Param("row"), 10, 64)
	if err != nil {
		return notFound("there is no row %q", c.Param("row"))
	}
	index, err := p.index(c.Param("index"))
	if err != nil {
		return err
	}
	if err := checkRows(c.Request.Context(), index, []int64{row}); err != nil {
		return err
	}
	rows, err := index.Store.Get(c.Request.Context(), []int64{row})
	if err != nil {
		return err
	}
	for _, root := range p.roots {
		if data := readBelow(root, rows[0].ImagePath); rows[0].ImagePath != "" && data != nil {
			seen := querylog.Entry{Action: "picture", Index: index.Name, Rows: []int64{row}, Asked: 1, Results: 1}
			if err := p.record(c.Request.Context(), seen); err != nil {
				return err
			}
			endTurn(c)
			c.Header("Cache-Control", "private, max-age=600")
			c.Data(http.StatusOK, "image/jpeg", data)
			return nil
		}
	}
	return notFound("row %d has no image below an image root", row)
}

// picture is what the pages show of a row: its image, or else its caption in the image's place.
type picture struct {
	Index, Caption string
	Row            int64
	ImagePath      bool   // there is an image to ask for
	Face           string // box of the face that was found, "left top width height" in its pixels; "" for none
}

func (p pages) pictureOf(index, caption, imagePath string, row int64) picture {
	return picture{index, caption, row, imagePath != "" && len(p.roots) > 0, ""}
}

// indexNames are the served indexes; countable those that persons can be counted in.
func (p pages) indexNames() (all, countable []string) {
	for _, index := range p.indices() {
		all = append(all, index.Name)
		if index.Counter != nil && index.Captions != nil {
			countable = append(countable, index.Name)
		}
	}
	return all, countable
}

// indicesPage is GET /indices.
func (p pages) indicesPage(c *gin.Context) error {
	var view struct{ Indices []indexInfo }
	indices := p.indices()
	for i := range indices {
		info, err := p.describe(c.Request.Context(), &indices[i])
		if err != nil {
			return err
		}
		view.Indices = append(view.Indices, info)
	}
	return p.render(c, http.StatusOK, "indices", web.Page{Title: "Indices", Section: "indices", Data: view})
}

// formFile reads an uploaded file; nil when none was chosen.
func formFile(c *gin.Context, name string) (content []byte, fileName string, err error) {
	header, err := c.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", badRequest("the form cannot be read: %v", err)
	}
	file, err := header.Open()
	if err != nil {
		return nil, "", badRequest("the file %q cannot be read", header.Filename)
	}
	defer file.Close()
	var whole bytes.Buffer
	if _, err := whole.ReadFrom(file); err != nil {
		return nil, "", badRequest("the file %q did not arrive whole", header.Filename)
	}
	return whole.Bytes(), header.Filename, nil
}

// running are the jobs of a kind that wait or run, and ended the others, the newest first.
func (p pages) jobsOf(c *gin.Context, kind string) (running, ended []state.Job, err error) {
	list, err := p.state.Jobs(c.Request.Context(), kind, mostListed)
	for _, job := range list {
		if job.Ended() {
			ended = append(ended, job)
		} else {
			running = append(running, job)
		}
	}
	return running, ended, err
}

// cancelJob is POST /jobs/ID/cancel.
func (p pages) cancelJob(c *gin.Context) error {
	job, err := p.cancel(c.Request.Context(), c.Param("id"))
	if err != nil {
		return absentAs(err, "job", c.Param("id"))
	}
	if job.Kind == "audit" {
		return goTo(c, "/audits")
	}
	return goTo(c, "/people")
}
