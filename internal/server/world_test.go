package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/auditor"
	"rollcall/internal/server"
	"rollcall/internal/server/state"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// captions of a small world. By the strict rule Ann Lee is named in rows 0, 2, 3 and 5, and Bo
// Park in rows 1 and 3; row 4 names nobody.
var captions = []string{
	"Ann Lee on the red carpet", "Portrait of Bo Park", "ann lee, singer", "Ann Lee with Bo Park <b>tonight</b>", "a tin of paint", "Lee, Ann: a profile",
}

// hues gives the rows of the small world one direction each; a photo of a colour has its row's.
var hues = []color.RGBA{{R: 255, A: 255}, {G: 255, A: 255}, {B: 255, A: 255}, {R: 255, G: 255, A: 255}, {R: 255, B: 255, A: 255}, {G: 255, B: 255, A: 255}}

// colours is an encoder that knows only the six colours, and texts not at all.
type colours struct{ wait chan struct{} }

func direction(row int) []float32 {
	v := make([]float32, len(hues))
	v[row] = 1
	return v
}

func (colours) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = direction(len(text) % len(hues))
	}
	return out, nil
}

func (e colours) EncodeImages(ctx context.Context, files [][]byte) ([][]float32, []error, error) {
	if e.wait != nil {
		select {
		case <-e.wait:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	out, failed := make([][]float32, len(files)), make([]error, len(files))
	for i, file := range files {
		decoded, _, err := image.Decode(bytes.NewReader(file))
		if err != nil {
			failed[i] = errors.New("it cannot be decoded")
			continue
		}
		for row, hue := range hues {
			if decoded.At(0, 0) == color.Color(hue) {
				out[i] = direction(row)
			}
		}
	}
	return out, failed, nil
}

func dot(t *testing.T, hue color.RGBA) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 2, 2))
	for i := range 4 {
		picture.Set(i%2, i/2, hue)
	}
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, picture))
	return file.Bytes()
}

// models is the encoder as a model that can be audited. What it says of texts is no knowledge.
func models(encoder colours) []auditor.Model {
	return []auditor.Model{{Name: "colours", Digest: "none", Encoder: encoder}}
}

// world serves the small world, with options changed.
func world(t *testing.T, store *state.Store, encoder colours, change ...func(*server.Options)) (*httptest.Server, *server.Server) {
	t.Helper()
	dir, root := t.TempDir(), t.TempDir()
	w, err := vectors.NewPartitionWriter(dir, 0, 1, len(hues), true, true)
	require.NoError(t, err)
	for i, caption := range captions {
		row := retriever.Row{ID: int64(i), Caption: caption, URL: fmt.Sprintf("https://example.org/%d", i), Key: fmt.Sprintf("%03d", i)}
		if i != 4 { // which has no image file
			row.ImagePath = fmt.Sprintf("%d.png", i)
			require.NoError(t, os.WriteFile(filepath.Join(root, row.ImagePath), dot(t, hues[i]), 0o600))
		}
		require.NoError(t, w.Append(direction(i), direction(i), row))
	}
	_, err = w.Close()
	require.NoError(t, err)
	opened, err := vectors.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	options := server.Options{State: store, ImageRoots: []string{root}, Models: models(encoder), Indices: []server.Index{
		{Name: "small", Store: opened, Dimension: len(hues), Encoder: encoder, Counter: opened, Captions: opened},
		{Name: "bare", Store: opened, Dimension: len(hues)},
	}}
	for _, f := range change {
		f(&options)
	}
	s, err := server.New(options)
	require.NoError(t, err)
	web := httptest.NewServer(s.Handler())
	return web, s
}

// smallWorld is a world with its two persons, until the test ends.
func smallWorld(t *testing.T, change ...func(*server.Options)) string {
	t.Helper()
	web, s := world(t, nil, colours{}, change...)
	t.Cleanup(func() { web.Close(); require.NoError(t, s.Close()) })
	roster := "id,name,aliases,sex,member,count\nann,Ann Lee,,female,yes,4\nbo,Bo Park,Bobby Park|B. Park,,,\n"
	status, answer := raw(t, http.MethodPost, web.URL+"/v1/people/import", "text/csv", roster)
	require.Equal(t, 200, status, answer)
	return web.URL
}

// raw sends a body as it is.
func raw(t *testing.T, method, url, mediaType, body string) (int, string) {
	t.Helper()
	return send(t, "", exchange{Method: method, Path: url, RequestBody: &body, Headers: map[string]string{"Content-Type": mediaType}})
}

// ended waits for a job.
func ended(t *testing.T, base string, started map[string]any) map[string]any {
	t.Helper()
	var job map[string]any
	require.Eventually(t, func() bool {
		_, job = call(t, http.MethodGet, base+fmt.Sprint("/v1/jobs/", started["id"]), nil)
		return job["state"] != "queued" && job["state"] != "running"
	}, time.Minute, 5*time.Millisecond) // the race detector takes its time
	return job
}
