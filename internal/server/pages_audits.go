package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"rollcall/auditor"
	"rollcall/auditor/report"
	"rollcall/internal/server/state"
	"rollcall/internal/server/web"
)

// mostFindings bounds the persons on an audit's page; the report has them all.
const mostFindings = 500

type auditsView struct {
	Fault          string
	Running, Ended []state.Job
	Models         []auditor.Model
	People         int         // with photos
	Counts         []state.Job // finished, to take training counts from
}

type auditView struct {
	Job        state.Job
	Running    bool
	Models     []auditedModel
	Plots      []report.Plot
	Findings   []auditor.Finding
	More       int // findings that are not shown
	Disclaimer string
}

type auditedModel struct{ Summary auditor.Summary }

// auditsPage is GET /audits.
func (p pages) auditsPage(c *gin.Context) (err error) {
	view := auditsView{Models: p.options.Models}
	if view.Running, view.Ended, err = p.jobsOf(c, "audit"); err != nil {
		return err
	}
	people, err := p.people(c.Request.Context())
	if err != nil {
		return err
	}
	for _, person := range people {
		if person.Photos > 0 {
			view.People++
		}
	}
	_, counts, err := p.jobsOf(c, "count")
	if err != nil {
		return err
	}
	for _, job := range counts {
		if job.State == state.Done {
			view.Counts = append(view.Counts, job)
		}
	}
	return p.render(c, http.StatusOK, "audits", web.Page{Title: "Audits", Section: "audits", Data: view})
}

// beginAudit is POST /audits.
func (p pages) beginAudit(c *gin.Context) error {
	r := auditRequest{Count: c.PostForm("count"), Names: lines(c.PostForm("names"))}
	if text := strings.TrimSpace(c.PostForm("min_photos")); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPhotos {
			return badRequest("photos a person needs: a number from 1 to %d", maxPhotos)
		}
		r.MinPhotos = n
	}
	if text := strings.TrimSpace(c.PostForm("seed")); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return badRequest("the seed is a whole number")
		}
		r.Seed = seed
	}
	job, err := p.startAudit(c.Request.Context(), r)
	if err != nil {
		return err
	}
	return goTo(c, "/audits/"+job.ID)
}

// auditPage is GET /audits/ID: progress, then results.
func (p pages) auditPage(c *gin.Context) error {
	job, err := p.jobOf(c.Request.Context(), "audit", c.Param("id"))
	if err != nil {
		return err
	}
	view := auditView{Job: job, Running: !job.Ended(), Disclaimer: report.Disclaimer}
	if job.State == state.Done {
		stored, err := p.finishedReport(c.Request.Context(), job.ID)
		if err != nil {
			return err
		}
		for _, s := range stored.Summaries {
			view.Models = append(view.Models, auditedModel{s})
		}
		view.Plots, view.Findings = report.Plots(stored), stored.Findings
		if n := len(view.Findings); n > mostFindings {
			view.Findings, view.More = view.Findings[:mostFindings], n-mostFindings
		}
	}
	return p.render(c, http.StatusOK, "audit", web.Page{Title: "Audit", Section: "audits", Data: view})
}

// plot is GET /audits/ID/plots/N, an SVG file.
func (p pages) plot(c *gin.Context) error {
	stored, err := p.finishedReport(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	plots := report.Plots(stored)
	n, err := strconv.Atoi(c.Param("plot"))
	if err != nil || n < 0 || n >= len(plots) {
		return notFound("the audit has no plot %q", c.Param("plot"))
	}
	endTurn(c)
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	c.Header("Cache-Control", "private, max-age=600")
	c.Data(http.StatusOK, "image/svg+xml", plots[n].File())
	return nil
}
