package server_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/retriever"
)

// hueFaces are the faces of the small world: each row has one, which points as the row's colour does.
// They find the face in a dot, and none in a text.
type hueFaces struct{ colours }

func (f hueFaces) MainFace(ctx context.Context, file []byte) ([]float32, int, error) {
	vectors, failed, err := f.EncodeImages(ctx, [][]byte{file})
	if err != nil || failed[0] != nil {
		return nil, 0, failed[0]
	}
	return vectors[0], 1, nil
}

func (f hueFaces) TopFaces(ctx context.Context, queries [][]float32, k int) ([][]retriever.FaceHit, error) {
	hits := make([][]retriever.FaceHit, len(queries))
	err := f.RangeFaces(ctx, queries, 0.5, func(q int, h retriever.FaceHit) error {
		hits[q] = append(hits[q], h)
		return nil
	})
	return hits, err
}

func (hueFaces) RangeFaces(_ context.Context, queries [][]float32, least float32, visit func(int, retriever.FaceHit) error) error {
	for q, query := range queries {
		for row := range hues {
			face := retriever.StoredFace{ID: int64(row), Row: int64(row), Box: retriever.Box{Width: 2, Height: 2}, Score: 0.9}
			if query[row] < least {
				continue
			}
			if err := visit(q, retriever.FaceHit{StoredFace: face, Similarity: query[row]}); err != nil {
				return err
			}
		}
	}
	return nil
}

func withFaces(o *server.Options) { o.Indices[0].Faces, o.Indices[0].Finder = hueFaces{}, hueFaces{} }

// TestFacesAreSearchedCountedAndMarked: of Ann's four mentions one row, 3, has a face of her photos,
// and row 1, which names Bo alone, has another.
func TestFacesAreSearchedCountedAndMarked(t *testing.T) {
	base := smallWorld(t, withFaces)
	status, answer := call(t, http.MethodPost, base+"/v1/indices/small/search", map[string]any{"face": dot(t, hues[2])})
	require.Equal(t, 200, status, answer)
	require.Equal(t, []any{"face", true}, []any{answer["modality"], answer["exact"]})
	first := answer["results"].([]any)[0].(map[string]any)
	require.EqualValues(t, 2, first["id"])
	require.EqualValues(t, 2, first["face"].(map[string]any)["width"])

	for _, hue := range []int{1, 3} {
		status, answer := raw(t, http.MethodPost, base+"/v1/people/ann/photos", "image/png", string(dot(t, hues[hue])))
		require.Equal(t, 201, status, answer)
	}
	id, counts := counted(t, base, map[string]any{"index": "small", "evidence": []string{"mention", "face"}, "face_threshold": 0.9})
	require.Equal(t, []any{4.0, 2.0, 1.0}, []any{counts["ann"]["mentions"], counts["ann"]["faces"], counts["ann"]["mention_and_face"]})
	require.Nil(t, counts["bo"]["faces"], "not measured: he has no photo")
	status, answer = call(t, http.MethodPut, base+"/v1/people/ann/evidence", map[string]any{"index": "small", "kind": "face", "row": 1, "wrong": true})
	require.Equal(t, 204, status, answer)
	counts = countsOf(t, base, id)
	require.Equal(t, []any{4.0, 1.0, 1.0, 1.0, 4.0},
		[]any{counts["ann"]["mentions"], counts["ann"]["faces"], counts["ann"]["wrong_faces"], counts["ann"]["mention_and_face"], counts["ann"]["estimate"]})
	_, _, text := page(t, base+"/people/ann?index=small&kind=face")
	require.Contains(t, text, `id="row-3"`)
	require.Contains(t, text, "<dt>Faces</dt><dd>1 (0 to 5)</dd>")
	status, text = submit(t, base+"/", map[string]string{"index": "small", "by": "face"}, map[string][]byte{"picture": dot(t, hues[5])})
	require.Equal(t, 200, status)
	require.Contains(t, text, "/image/small/5")
}

func TestWithoutFacesTheyAreRefused(t *testing.T) {
	base := smallWorld(t)
	status, answer := call(t, http.MethodPost, base+"/v1/indices/small/search", map[string]any{"face": dot(t, hues[2])})
	require.Equal(t, 422, status)
	require.Equal(t, "body.face", answer["errors"].([]any)[0].(map[string]any)["location"])
	status, answer = call(t, http.MethodPost, base+"/v1/counts", map[string]any{"index": "small", "evidence": []string{"face"}, "face_threshold": 0.9})
	require.Equal(t, 422, status)
	require.Equal(t, "body.evidence", answer["errors"].([]any)[0].(map[string]any)["location"])
	withThem := smallWorld(t, withFaces)
	status, answer = call(t, http.MethodPost, withThem+"/v1/counts", map[string]any{"index": "small", "evidence": []string{"face"}})
	require.Equal(t, 422, status)
	require.Equal(t, "body.face_threshold", answer["errors"].([]any)[0].(map[string]any)["location"])
}
