package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"rollcall/retriever"
)

// knnRequest is the body of POST /knn-service. Unknown fields are ignored, as clip-retrieval does.
type knnRequest struct {
	Text           *string          `json:"text"`
	Image          *string          `json:"image"`     // base64 of an image file
	ImageURL       *string          `json:"image_url"` // of an image file, where that is on
	EmbeddingInput []float64        `json:"embedding_input"`
	Modality       *string          `json:"modality"`       // "image", anything else is text
	NumImages      *int             `json:"num_images"`     // results that carry metadata
	NumResultIDs   *int             `json:"num_result_ids"` // results in all; default num_images
	UseMCLIP       bool             `json:"use_mclip"`
	Deduplicate    bool             `json:"deduplicate"`
	UseSafety      bool             `json:"use_safety_model"`
	UseViolence    bool             `json:"use_violence_detector"`
	AestheticScore *json.RawMessage `json:"aesthetic_score"`
}

// readObject reads a JSON object whatever its Content-Type: the front end sends text/plain, the
// Python client nothing. It decodes the body into each of the targets.
func readObject(c *gin.Context, into ...any) error {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return err
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || trimmed[0] != '{' {
		return badRequest("the body must be a JSON object")
	}
	for _, target := range into {
		if err := json.Unmarshal(body, target); err != nil {
			return badRequest("the body is not the JSON that this route takes: %v", err)
		}
	}
	return nil
}

// indexName reads an index's name, of which null and "" mean the first. The field itself must be
// there, as for clip-retrieval.
func indexName(raw json.RawMessage) (string, error) {
	if raw == nil {
		return "", badRequest(`indice_name is missing; "" is the first index`)
	}
	var name string // a null leaves it empty
	if err := json.Unmarshal(raw, &name); err != nil {
		return "", badRequest("indice_name must be a string")
	}
	return name, nil
}

// knnQuery is a request that was found in order.
type knnQuery struct {
	index     *Index
	modality  retriever.Modality
	withMeta  int // results that carry metadata
	k         int // results in all
	dedup     bool
	ignored   []string // models that were asked for and are not loaded
	text      string
	image     []byte
	imageURL  string
	embedding []float32
}

// maxText bounds a text query; the model reads its first 77 tokens.
const maxText = 16 << 10

// readKNN decodes and checks a request.
func (s *Server) readKNN(c *gin.Context) (*knnQuery, error) {
	var fields map[string]json.RawMessage // to tell a missing field from a null one
	var r knnRequest
	if err := readObject(c, &fields, &r); err != nil {
		return nil, err
	}
	name, err := indexName(fields["indice_name"])
	if err != nil {
		return nil, err
	}
	q := &knnQuery{dedup: r.Deduplicate, modality: retriever.Text, ignored: r.notLoaded()}
	if q.index, err = s.index(name); err != nil {
		return nil, err
	}
	if raw, given := fields["aesthetic_score"]; given {
		if err := checkScore(raw); err != nil {
			return nil, err
		}
	}
	if r.Modality == nil {
		return nil, badRequest(`modality is missing; it is "image" or "text"`)
	}
	if *r.Modality == "image" {
		q.modality = retriever.Image
	}
	if !slices.Contains(q.index.modalities(), string(q.modality)) {
		return nil, badRequest("index %q has no %s embeddings", q.index.Name, q.modality)
	}
	if err := r.sizes(q, s.options.MaxResults); err != nil {
		return nil, err
	}
	return q, r.query(q, s.options.Fetcher != nil)
}

// notLoaded names the models that a client asked for; the service has none of them.
func (r *knnRequest) notLoaded() []string {
	var names []string
	if r.UseSafety {
		names = append(names, "safety")
	}
	if r.UseViolence {
		names = append(names, "violence")
	}
	if r.AestheticScore != nil && string(*r.AestheticScore) != `""` {
		names = append(names, "aesthetic")
	}
	return names
}

// checkScore takes what clip-retrieval's clients send: a number, a number in a string, or "".
func checkScore(raw json.RawMessage) error {
	var number float64
	var text string
	if string(raw) == "null" {
		return badRequest(`aesthetic_score must be a number or ""`)
	}
	if json.Unmarshal(raw, &number) == nil {
		return nil
	}
	if json.Unmarshal(raw, &text) == nil {
		if _, err := strconv.ParseFloat(text, 64); err == nil || text == "" {
			return nil
		}
	}
	return badRequest(`aesthetic_score must be a number or ""`)
}

// sizes checks how many results are asked for.
func (r *knnRequest) sizes(q *knnQuery, most int) error {
	if r.NumImages == nil {
		return badRequest("num_images is missing")
	}
	q.withMeta, q.k = *r.NumImages, *r.NumImages
	if r.NumResultIDs != nil {
		q.k = *r.NumResultIDs
	}
	if q.k < 1 || q.k > most || q.withMeta < 0 || q.withMeta > most {
		return badRequest("num_images and num_result_ids must lie between 1 and %d", most)
	}
	return nil
}

// query takes the first of text, image, image_url and embedding_input that says something.
func (r *knnRequest) query(q *knnQuery, fetches bool) error {
	switch {
	case r.Text != nil && *r.Text != "":
		if r.UseMCLIP {
			return badRequest("use_mclip: no multilingual model is loaded")
		}
		if len(*r.Text) > maxText {
			return badRequest("text has more than %d bytes", maxText)
		}
		q.text = *r.Text
	case r.Image != nil && *r.Image != "":
		image, err := base64.StdEncoding.DecodeString(*r.Image)
		if err != nil {
			return badRequest("image is not base64: %v", err)
		}
		q.image = image
	case r.ImageURL != nil && *r.ImageURL != "" && !fetches:
		return badRequest("image_url is off: this service fetches nothing; send the image itself in base64 as image")
	case r.ImageURL != nil && *r.ImageURL != "":
		q.imageURL = *r.ImageURL
	case len(r.EmbeddingInput) > 0:
		return r.vector(q)
	default:
		return badRequest("there is no query: give text, image or embedding_input")
	}
	if q.index.Encoder == nil {
		return badRequest("index %q is served without a model: only embedding_input can be searched", q.index.Name)
	}
	return nil
}

func (r *knnRequest) vector(q *knnQuery) error {
	if len(r.EmbeddingInput) != q.index.Dimension {
		return badRequest("embedding_input has %d numbers; index %q takes %d", len(r.EmbeddingInput), q.index.Name, q.index.Dimension)
	}
	q.embedding = make([]float32, len(r.EmbeddingInput))
	zero := true
	for i, x := range r.EmbeddingInput {
		if math.Abs(x) > math.MaxFloat32 {
			return badRequest("embedding_input[%d] is beyond float32", i)
		}
		q.embedding[i] = float32(x)
		zero = zero && x == 0
	}
	if zero {
		return badRequest("embedding_input is all zeros: it has no direction to search in")
	}
	return nil
}
