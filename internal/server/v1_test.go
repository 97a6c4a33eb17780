package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
)

// call sends JSON to a route and decodes the answer.
func call(t *testing.T, method, url string, body any) (int, map[string]any) {
	t.Helper()
	e := exchange{Method: method, Path: url, Headers: map[string]string{"Content-Type": "application/json"}}
	if body != nil {
		data, err := json.Marshal(body)
		require.NoError(t, err)
		text := string(data)
		e.RequestBody = &text
	}
	status, text := send(t, "", e)
	var answer map[string]any
	if text != "" {
		require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
	}
	return status, answer
}

// TestV1SearchGivesTheRecordedRows asks what clip-retrieval was asked, and compares ids and
// similarities with its recorded answer.
func TestV1SearchGivesTheRecordedRows(t *testing.T) {
	r := readRecording(t)
	web := r.serve(t, server.Options{})
	checked := 0
	for _, e := range r.Exchanges {
		var asked struct {
			EmbeddingInput []float64 `json:"embedding_input"`
			Modality       string    `json:"modality"`
			NumImages      int       `json:"num_images"`
		}
		var want []struct {
			ID         int64
			Similarity float64
		}
		if e.RequestBody == nil || e.Name != "knn basic" && e.Name != "knn text modality" {
			continue
		}
		require.NoError(t, json.Unmarshal([]byte(*e.RequestBody), &asked))
		require.NoError(t, json.Unmarshal([]byte(e.ResponseBody), &want))
		status, answer := call(t, http.MethodPost, web.URL+"/v1/indices/example_index/search", map[string]any{
			"vector": asked.EmbeddingInput, "k": asked.NumImages, "modality": asked.Modality,
		})
		require.Equal(t, 200, status, answer)
		require.Equal(t, true, answer["exact"])
		results := answer["results"].([]any)
		require.Len(t, results, len(want))
		for i, result := range results {
			got := result.(map[string]any)
			require.EqualValues(t, want[i].ID, got["id"])
			require.InDelta(t, want[i].Similarity, got["similarity"], 3e-4)
		}
		checked++
	}
	require.Equal(t, 2, checked)
}

func TestV1MoreLikeThisFindsTheRowItselfFirst(t *testing.T) {
	r := readRecording(t)
	web := r.serve(t, server.Options{})
	for row := range r.Data.ImageVectors {
		status, answer := call(t, http.MethodPost, web.URL+"/v1/indices/second/search", map[string]any{"row": row, "k": 1})
		require.Equal(t, 200, status)
		first := answer["results"].([]any)[0].(map[string]any)
		require.InDelta(t, 1, first["similarity"], 1e-3)
	}
}

// TestV1FaultsAreProblemDocuments: each fault of a request is listed with its place.
func TestV1FaultsAreProblemDocuments(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{MaxBody: 1 << 16})
	eight := []float64{1, 0, 0, 0, 0, 0, 0, 0}
	tests := []struct {
		name   string
		method string
		path   string
		body   any
		status int
		places []string
	}{
		{"two faults at once", "POST", "/v1/indices/second/search", map[string]any{"vector": eight, "k": 0, "modality": "sound"}, 422, []string{"body.k", "body.modality"}},
		{"no query", "POST", "/v1/indices/second/search", map[string]any{"k": 3}, 422, []string{"body"}},
		{"two queries", "POST", "/v1/indices/second/search", map[string]any{"vector": eight, "row": 1}, 422, []string{"body"}},
		{"wrong dimension", "POST", "/v1/indices/second/search", map[string]any{"vector": []float64{1}}, 422, []string{"body.vector"}},
		{"all zeros", "POST", "/v1/indices/second/search", map[string]any{"vector": make([]float64, 8)}, 422, []string{"body.vector"}},
		{"beyond float32", "POST", "/v1/indices/second/search", map[string]any{"vector": []float64{0, 1e300, 0, 0, 0, 0, 0, 0}}, 422, []string{"body.vector[1]"}},
		{"no such row", "POST", "/v1/indices/second/search", map[string]any{"row": 1 << 40}, 422, []string{"body.row"}},
		{"text without a model", "POST", "/v1/indices/second/search", map[string]any{"text": "someone"}, 422, []string{"body"}},
		{"unknown field", "POST", "/v1/indices/second/search", map[string]any{"vector": eight, "image_url": "http://x"}, 422, []string{"body.image_url"}},
		{"unknown index", "POST", "/v1/indices/nobody/search", map[string]any{"vector": eight}, 404, nil},
		{"too large", "POST", "/v1/indices/second/search", map[string]any{"text": strings.Repeat("x", 1<<17)}, 413, nil},
		{"row out of range", "GET", "/v1/indices/second/rows/999", nil, 404, nil},
		{"row that is no number", "GET", "/v1/indices/second/rows/x", nil, 422, []string{"path.id"}},
		{"ids that are no numbers", "GET", "/v1/indices/second/rows?ids=1,x", nil, 422, []string{"query.ids"}},
		{"ids missing", "GET", "/v1/indices/second/rows", nil, 422, []string{"query.ids"}},
		{"no such route", "GET", "/v1/nothing", nil, 404, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, answer := call(t, test.method, web.URL+test.path, test.body)
			require.Equal(t, test.status, status, answer)
			require.EqualValues(t, test.status, answer["status"], answer)
			var places []string
			if list, ok := answer["errors"].([]any); ok {
				for _, fault := range list {
					places = append(places, fmt.Sprint(fault.(map[string]any)["location"]))
				}
			}
			require.ElementsMatch(t, test.places, places, answer)
		})
	}
}

func TestV1RowsCarryTheirVectorWhenAsked(t *testing.T) {
	r := readRecording(t)
	web := r.serve(t, server.Options{})
	status, answer := call(t, http.MethodGet, web.URL+"/v1/indices/second/rows?ids=2,0&vector=text", nil)
	require.Equal(t, 200, status, answer)
	rows := answer["rows"].([]any)
	require.Len(t, rows, 2)
	for i, id := range []int{2, 0} {
		row := rows[i].(map[string]any)
		require.EqualValues(t, id, row["id"])
		require.Equal(t, r.Data.Metadata[id]["caption"], row["caption"])
		vector := row["vector"].([]any)
		for j, want := range r.Data.TextVectors[id] {
			require.InDelta(t, want, vector[j], 1e-3, "float16 keeps three digits")
		}
	}
	_, answer = call(t, http.MethodGet, web.URL+"/v1/indices/second/rows/1", nil)
	require.NotContains(t, answer, "vector")
}

func TestOpenAPIDescribesEveryRouteOfV1(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{})
	status, document := call(t, http.MethodGet, web.URL+"/openapi.json", nil)
	require.Equal(t, 200, status)
	require.Regexp(t, `^3\.1\.`, document["openapi"])
	paths := document["paths"].(map[string]any)
	for _, path := range []string{"/v1/indices", "/v1/indices/{name}", "/v1/indices/{name}/search", "/v1/indices/{name}/rows", "/v1/indices/{name}/rows/{id}"} {
		require.Contains(t, paths, path)
	}
}

// TestSearchByAFormIsASearchByJSON sends one image file in both ways.
func TestSearchByAFormIsASearchByJSON(t *testing.T) {
	base := smallWorld(t)
	file := dot(t, hues[3])
	status, want := call(t, http.MethodPost, base+"/v1/indices/small/search", map[string]any{"image": file, "k": 2, "min_similarity": -0.5, "modality": "text"})
	require.Equal(t, 200, status, want)
	search := base + "/v1/indices/small/search"
	status, got := submit(t, search, map[string]string{"k": "2", "min_similarity": "-0.5", "modality": "text"}, map[string][]byte{"image": file})
	require.Equal(t, 200, status, got)
	text, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, string(text), got)
	require.EqualValues(t, 3, want["results"].([]any)[0].(map[string]any)["id"])

	status, got = submit(t, search, map[string]string{"text": "1234", "k": "1"}, nil)
	require.Equal(t, 200, status, got)
	for place, fields := range map[string]map[string]string{"body.k": {"k": "many"}, "body.modality": {"modality": "sound"}, "body.nothing": {"nothing": "1"}} {
		status, got := submit(t, search, fields, map[string][]byte{"image": file})
		require.Equal(t, 422, status, got)
		require.Contains(t, got, `"`+place+`"`)
	}
	status, got = submit(t, search, nil, map[string][]byte{"image": []byte("no image")})
	require.Equal(t, 422, status, got)
	status, _ = raw(t, http.MethodPost, search, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\ncut")
	require.Equal(t, 400, status)
	status, _ = raw(t, http.MethodPost, search, "multipart/form-data", "no boundary")
	require.Equal(t, 400, status)
}
