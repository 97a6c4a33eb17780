package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"rollcall/internal/server/querylog"
	"rollcall/retriever"
)

// searchBody asks with exactly one of text, image, face, vector and row.
type searchBody struct {
	Text          string    `json:"text,omitempty" maxLength:"10000" doc:"a text to embed"`
	Image         string    `json:"image,omitempty" maxLength:"44739244" contentEncoding:"base64" doc:"an image file in base64"`
	Face          string    `json:"face,omitempty" maxLength:"44739244" contentEncoding:"base64" doc:"an image file in base64, whose largest face is compared with the rows' faces"`
	Vector        []float64 `json:"vector,omitempty" maxItems:"65536" nullable:"false" doc:"a vector of the index's dimension; need not be normalised"`
	Row           *int64    `json:"row,omitempty" minimum:"0" doc:"a row of the index: more like it"`
	K             int       `json:"k,omitempty" minimum:"1" maximum:"16384" default:"20" doc:"rows wanted"`
	MinSimilarity *float64  `json:"min_similarity,omitempty" minimum:"-1" maximum:"1" doc:"leave out rows with a smaller cosine"`
	Modality      string    `json:"modality,omitempty" enum:"image,text" default:"image" doc:"which embeddings of the rows to compare with"`
}

// Resolve lists what the schema cannot say.
func (b *searchBody) Resolve(_ huma.Context, prefix *huma.PathBuffer) []error {
	given := 0
	for _, there := range []bool{b.Text != "", b.Image != "", b.Face != "", len(b.Vector) > 0, b.Row != nil} {
		if there {
			given++
		}
	}
	if given != 1 {
		return []error{&huma.ErrorDetail{Location: prefix.String(), Message: "give exactly one of text, image, face, vector and row", Value: given}}
	}
	return nil
}

type searchInput struct {
	Name string `path:"name" maxLength:"255"`
	Body searchBody
}

// searchHit is one row of an answer.
type searchHit struct {
	RowInfo
	Similarity float64               `json:"similarity" doc:"cosine, from -1 to 1"`
	Face       *retriever.StoredFace `json:"face,omitempty" doc:"the face that was found, its box in pixels from the upper left corner"`
}

type searchAnswer struct {
	Index    string      `json:"index"`
	Modality string      `json:"modality" doc:"image, text or face: what of the rows was compared"`
	Exact    bool        `json:"exact" doc:"every row was compared; false when an approximate index answered"`
	Results  []searchHit `json:"results" nullable:"false" doc:"best first"`
}

type searchOutput struct{ Body searchAnswer }

// searchRoute is the search's path as Gin has it.
const searchRoute = "/v1/indices/:name/search"

func (v v1) addSearch() {
	const path = "/indices/{name}/search"
	add(v, v.route("search", http.MethodPost, path, "The rows nearest to a text, an image, a face, a vector or a row"),
		func(ctx context.Context, in *searchInput) (*searchOutput, error) {
			index, err := v.index(in.Name)
			if err != nil {
				return nil, err
			}
			answer, err := v.search(ctx, index, in.Body)
			if err != nil {
				return nil, err
			}
			return &searchOutput{answer}, nil
		})
	v.describeForm(v.api.OpenAPI().Paths["/v1"+path].Post)
}

// search answers a query that is in order by itself; what the index has to say to it is checked
// here.
func (s *Server) search(ctx context.Context, index *Index, b searchBody) (searchAnswer, error) {
	if b.K > s.options.MaxResults {
		return searchAnswer{}, invalid("body.k", fmt.Sprintf("this service gives at most %d rows", s.options.MaxResults), b.K)
	}
	if b.Face != "" {
		return s.searchFaces(ctx, index, b)
	}
	modality := retriever.Modality(b.Modality)
	if !slices.Contains(index.modalities(), b.Modality) {
		return searchAnswer{}, invalid("body.modality", fmt.Sprintf("index %q has no %s embeddings", index.Name, b.Modality), b.Modality)
	}
	vector, err := s.queryVector(ctx, index, b)
	if err != nil {
		return searchAnswer{}, err
	}
	query := retriever.Query{Modality: modality, Vectors: [][]float32{vector}, K: b.K}
	if b.MinSimilarity != nil {
		least := float32(*b.MinSimilarity)
		query.MinSimilarity = &least
	}
	found, err := retriever.Search(ctx, index.Store, index.Store, query)
	if err != nil {
		return searchAnswer{}, err
	}
	answer := searchAnswer{Index: index.Name, Modality: b.Modality, Exact: found.Exact, Results: []searchHit{}}
	for _, match := range found.Answers[0] {
		answer.Results = append(answer.Results, searchHit{newRowInfo(match.Row), float64(match.Similarity), nil})
	}
	return answer, s.record(ctx, b.entry(index, len(answer.Results)))
}

// entry is the query log's line of a search.
func (b searchBody) entry(index *Index, results int) querylog.Entry {
	e := querylog.Entry{Action: "search", Index: index.Name, Modality: b.Modality, Text: b.Text, Asked: b.K, Results: results}
	switch {
	case b.Row != nil:
		e.Rows = []int64{*b.Row}
	case len(b.Vector) > 0:
		vector := make([]float32, len(b.Vector))
		for i, x := range b.Vector {
			vector[i] = float32(x)
		}
		e.Vector = querylog.VectorDigest(vector)
	case b.Image != "":
		if data, err := base64.StdEncoding.DecodeString(b.Image); err == nil {
			e.Image = querylog.Digest(data)
		}
	}
	return e
}

// queryVector is the vector to search for.
func (s *Server) queryVector(ctx context.Context, index *Index, b searchBody) ([]float32, error) {
	switch {
	case b.Row != nil:
		return s.rowVector(ctx, index, retriever.Modality(b.Modality), *b.Row)
	case len(b.Vector) > 0:
		return givenVector(index, b.Vector)
	case index.Encoder == nil:
		return nil, invalid("body", fmt.Sprintf("index %q is served without a model: only vector and row can be searched", index.Name), nil)
	case b.Text != "":
		return s.embed(ctx, &knnQuery{index: index, text: b.Text})
	}
	data, err := base64.StdEncoding.DecodeString(b.Image)
	if err != nil {
		return nil, invalid("body.image", "it is not base64: "+err.Error(), nil)
	}
	vector, err := s.embed(ctx, &knnQuery{index: index, image: data})
	if err != nil && statusOf(err) == http.StatusBadRequest {
		return nil, invalid("body.image", err.Error(), nil)
	}
	return vector, err
}

// rowVector is a row's own vector.
func (s *Server) rowVector(ctx context.Context, index *Index, m retriever.Modality, row int64) ([]float32, error) {
	rows, err := index.Store.Len(ctx)
	if err != nil {
		return nil, err
	}
	if row >= rows {
		return nil, invalid("body.row", fmt.Sprintf("index %q has rows 0 to %d", index.Name, rows-1), row)
	}
	vectors, err := index.Store.Vectors(ctx, m, []int64{row})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(vectors[0], func(x float32) bool { return x != 0 }) {
		return nil, invalid("body.row", "the row was erased, or has no such vector", row)
	}
	return vectors[0], nil
}

// givenVector checks a vector of the client's.
func givenVector(index *Index, given []float64) ([]float32, error) {
	if len(given) != index.Dimension {
		return nil, invalid("body.vector", fmt.Sprintf("index %q takes %d numbers", index.Name, index.Dimension), len(given))
	}
	vector, zero := make([]float32, len(given)), true
	for i, x := range given {
		if math.Abs(x) > math.MaxFloat32 {
			return nil, invalid(fmt.Sprintf("body.vector[%d]", i), "it is beyond float32", x)
		}
		vector[i] = float32(x)
		zero = zero && vector[i] == 0
	}
	if zero {
		return nil, invalid("body.vector", "it is all zeros: it has no direction to search in", nil)
	}
	return vector, nil
}
