package server

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/web"
	"rollcall/retriever"
)

// searchResults is how many rows the search page shows.
const searchResults = 40

type searchView struct {
	Indices               []string
	Index, Modality, Text string
	Like                  string // the row that others are like
	HasModel, HasFaces    bool
	ByFace                bool // the picture's largest face is searched for
	Fault                 string
	Answer                *answerView
}

type answerView struct {
	Index   string
	Exact   bool
	Results []hitView
}

type hitView struct {
	searchHit
	Picture picture
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
			view.Answer = p.answerView(answer)
		}
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

func (p pages) answerView(answer searchAnswer) *answerView {
	view := &answerView{Index: answer.Index, Exact: answer.Exact}
	for _, hit := range answer.Results {
		view.Results = append(view.Results, hitView{hit, p.pictureOf(answer.Index, hit.Caption, hit.ImagePath, hit.ID)})
	}
	return view
}
