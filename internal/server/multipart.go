package server

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// searchForm is a search as a form: an image file beside the fields of searchBody.
type searchForm struct {
	Image         []byte   `json:"image,omitempty" contentEncoding:"binary" doc:"an image file"`
	Face          []byte   `json:"face,omitempty" contentEncoding:"binary" doc:"an image file whose largest face is searched for"`
	Text          string   `json:"text,omitempty"`
	K             int      `json:"k,omitempty" minimum:"1" maximum:"16384" default:"20"`
	MinSimilarity *float64 `json:"min_similarity,omitempty" minimum:"-1" maximum:"1"`
	Modality      string   `json:"modality,omitempty" enum:"image,text" default:"image"`
}

// describeForm adds the form to what the search's description says of its body.
func (v v1) describeForm(search *huma.Operation) {
	form := v.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[searchForm](), true, "SearchForm")
	search.RequestBody.Content["multipart/form-data"] = &huma.MediaType{Schema: form}
}

// searchByForm turns a search that comes as a form into the JSON that the route takes, so that both
// are checked and answered alike. Files never touch the disk: the form is read part by part from the
// body in memory.
func (s *Server) searchByForm(c *gin.Context) {
	mediaType, parameters, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if c.FullPath() != searchRoute || err != nil || mediaType != "multipart/form-data" {
		return
	}
	body, err := formAsJSON(c.Request, parameters["boundary"])
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	c.Request.ContentLength = int64(len(body))
	c.Request.Header.Set("Content-Type", "application/json")
}

// formAsJSON writes a form's fields as a JSON object: files in base64, numbers as numbers, and
// whatever else as text, for the route to judge.
func formAsJSON(r *http.Request, boundary string) ([]byte, error) {
	form, err := r.MultipartReader()
	if err != nil || boundary == "" {
		return nil, badRequest("the form cannot be read: %v", err)
	}
	fields := map[string]any{}
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return json.Marshal(fields)
		}
		if err != nil {
			return nil, badRequest("the form cannot be read: %v", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, badRequest("the form's part %q did not arrive whole", part.FormName())
		}
		var number json.Number
		switch name := part.FormName(); {
		case fields[name] != nil:
			return nil, badRequest("the form has the field %q twice", name)
		case name == "image" || name == "face" || part.FileName() != "":
			fields[name] = content // JSON's form of bytes is base64
		case name != "text" && json.Unmarshal(content, &number) == nil:
			fields[name] = number
		default:
			fields[name] = string(content)
		}
	}
}
