package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/web"
	"rollcall/retriever"
)

const (
	// searchResults is how many rows the search page shows.
	searchResults = 40
	// startingRows is how many it shows before anything was asked.
	startingRows = 15
)

type searchView struct {
	Indices               []string
	Index, Modality, Text string
	Like                  string // the row that others are like
	HasModel, HasFaces    bool
	ByFace                bool // the picture's largest face is searched for
	Fault                 string
	Answer                *answerView
	Start                 []hitView // rows to begin from, before anything was asked
}

type answerView struct {
	Index   string
	Exact   bool
	Results []hitView
}

type hitView struct {
	searchHit
	Picture picture
	Like    string // link to the rows like this one
	Ranked  bool   // it was found, and has a similarity
}

// searchPage is GET and POST /. Texts and pictures are posted, so that no query stands in the
// browser's history; a row to find more like is a plain link.
func (p pages) searchPage(c *gin.Context) error {
	view := searchView{Modality: "image", Text: c.PostForm("q"), Like: c.Query("like")}
	view.Indices, _ = p.indexNames()
	index, err := p.index(either(c.PostForm("index"), c.Query("index")))
	if err != nil {
		return err
	}
	view.Index, view.HasModel, view.HasFaces = index.Name, index.Encoder != nil, index.Faces != nil
	view.ByFace = view.HasFaces && (c.PostForm("by") == "face" || !view.HasModel)
	if modality := either(c.PostForm("modality"), c.Query("modality")); modality == string(retriever.Text) {
		view.Modality = modality
	}
	if !slices.Contains(index.modalities(), view.Modality) {
		view.Modality = index.modalities()[0]
	}
	body := searchBody{K: searchResults, Modality: view.Modality}
	asked, err := p.asked(c, &body, view)
	if err == nil && asked {
		var answer searchAnswer
		if answer, err = p.search(c.Request.Context(), index, body); err == nil {
			view.Answer = &answerView{Index: answer.Index, Exact: answer.Exact, Results: p.hitViews(answer.Index, view.Modality, answer.Results, true)}
		}
	}
	if err == nil && !asked {
		view.Start, err = p.startingRows(c.Request.Context(), index, view.Modality)
	}
	status := http.StatusOK
	if err != nil {
		var faults []string
		if status, view.Fault, faults = p.faultOf(c, err); len(faults) > 0 {
			view.Fault = faults[0]
		}
	}
	return p.render(c, status, "search", web.Page{Title: "Search", Section: "search", Data: view})
}

func either(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// asked reads the query of the form, if there is one: a picture before a text.
func (p pages) asked(c *gin.Context, body *searchBody, view searchView) (bool, error) {
	if view.Like != "" {
		row, err := strconv.ParseInt(view.Like, 10, 64)
		if err != nil || row < 0 {
			return false, badRequest("%q is no row number", view.Like)
		}
		body.Row = &row
		return true, nil
	}
	if c.Request.Method != http.MethodPost {
		return false, nil
	}
	content, _, err := formFile(c, "picture")
	if err != nil {
		return false, err
	}
	if len(content) > 0 && view.ByFace {
		body.Face = base64.StdEncoding.EncodeToString(content)
		return true, nil
	}
	if len(content) > 0 {
		body.Image = base64.StdEncoding.EncodeToString(content)
		return true, nil
	}
	if len(view.Text) > 10000 {
		return false, badRequest("the text is longer than 10,000 bytes")
	}
	body.Text = view.Text
	return view.Text != "", nil
}

// hitViews are rows as the page shows them.
func (p pages) hitViews(index, modality string, hits []searchHit, ranked bool) []hitView {
	views := make([]hitView, len(hits))
	for i, hit := range hits {
		like := url.Values{"index": {index}, "modality": {modality}, "like": {strconv.FormatInt(hit.ID, 10)}}
		views[i] = hitView{hit, p.pictureOf(index, hit.Caption, hit.ImagePath, hit.ID), "/?" + like.Encode(), ranked}
		if hit.Face != nil {
			views[i].Picture.Face = boxText(hit.Face.Box)
		}
	}
	return views
}

func boxText(b retriever.Box) string {
	return fmt.Sprintf("%g %g %g %g", b.Left, b.Top, b.Width, b.Height)
}

// startingRows are rows at equal distances, the same each time: without a model they are the only
// way into an index.
func (p pages) startingRows(ctx context.Context, index *Index, modality string) ([]hitView, error) {
	rows, err := index.Store.Len(ctx)
	if err != nil || rows == 0 {
		return nil, err
	}
	n := min(startingRows, rows)
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i) * rows / n
	}
	found, err := index.Store.Get(ctx, ids)
	if err != nil {
		return nil, err
	}
	var hits []searchHit
	for _, row := range found {
		if !row.Erased {
			hits = append(hits, searchHit{RowInfo: newRowInfo(row)})
		}
	}
	return p.hitViews(index.Name, modality, hits, false), p.record(ctx, rowsEntry(index, ids))
}
