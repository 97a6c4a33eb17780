package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFacesOverHTTPAreTheCommands searches and counts by faces with the command and over HTTP, and
// finds the same rows, boxes and figures.
func TestFacesOverHTTPAreTheCommands(t *testing.T) {
	t.Parallel()
	bundle, dir := faceBundle(t), t.TempDir()
	names := []string{"Alan Ames", "Boris Bell", "Carl Cole"}
	roster := "name\n"
	for i, name := range names {
		roster += name + "\n"
		for k := range 3 {
			writePortrait(t, filepath.Join(dir, "photos", strings.ReplaceAll(name, " ", "_"), fmt.Sprintf("%d.png", k)), i+1, 7+k)
		}
		for k := 1; k <= 4; k++ {
			stem := filepath.Join(dir, "data", fmt.Sprintf("%d_%d", i, k))
			writePortrait(t, stem+".png", i+1, k)
			caption := map[bool]string{true: name + " at a gala", false: "a man in grey"}[k%2 == 0]
			require.NoError(t, os.WriteFile(stem+".txt", []byte(caption), 0o600))
		}
	}
	list, photo := filepath.Join(dir, "roster.csv"), filepath.Join(dir, "photos", "Boris_Bell", "0.png")
	require.NoError(t, os.WriteFile(list, []byte(roster), 0o600))
	rollcall(t, "--data-dir", dir, "index", filepath.Join(dir, "data"), "--name", "men", "--model", lab(t, "model"), "--faces", bundle)
	base := serve(t, "--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "men", "--faces", bundle, "--photos", filepath.Join(dir, "photos"))

	content, err := os.ReadFile(photo)
	require.NoError(t, err)
	body, err := json.Marshal(map[string]any{"face": base64.StdEncoding.EncodeToString(content), "k": 5})
	require.NoError(t, err)
	var byJSON, byForm, byCommand struct {
		Results []map[string]any
		Answers [][]map[string]any
	}
	send(t, http.MethodPost, base+"/v1/indices/men/search", "application/json", string(body), &byJSON)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("face", "0.png")
	require.NoError(t, err)
	_, err = part.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.WriteField("k", "5"))
	require.NoError(t, w.Close())
	send(t, http.MethodPost, base+"/v1/indices/men/search", w.FormDataContentType(), form.String(), &byForm)
	require.Equal(t, byJSON, byForm)
	out := rollcall(t, "--data-dir", dir, "--json", "search", "men", "--face", photo, "--faces", bundle, "-k", "5")
	require.NoError(t, json.Unmarshal([]byte(out), &byCommand))
	require.Len(t, byJSON.Results, 5)
	for i, want := range byCommand.Answers[0] {
		got := byJSON.Results[i]
		require.Equal(t, want["id"], got["id"])
		require.Equal(t, want["face"], got["face"])
		require.InDelta(t, want["similarity"], got["similarity"], 1e-6)
	}
	for _, result := range byJSON.Results[:4] {
		require.Contains(t, []any{4.0, 5.0, 6.0, 7.0}, result["id"], "Boris Bell's rows")
	}

	send(t, http.MethodPost, base+"/v1/people/import", "text/csv", roster, &struct{}{})
	var counting job
	send(t, http.MethodPost, base+"/v1/counts", "application/json", `{"index":"men","evidence":["mention","face"],"face_threshold":0.57}`, &counting)
	require.Eventually(t, func() bool { return len(states(t, base)["done"]) == 1 }, 30*time.Second, 20*time.Millisecond)
	var overHTTP, commands struct {
		Counts []map[string]any
		Faces  imageSummary
	}
	require.NoError(t, json.Unmarshal([]byte(ask(t, http.MethodGet, base+counting.Result, nil)), &overHTTP))
	out = rollcall(t, "--data-dir", dir, "--json", "count", "men", "--roster", list, "--evidence", "captions,faces", "--faces", bundle,
		"--photos", filepath.Join(dir, "photos"), "--face-threshold", "0.57")
	require.NoError(t, json.Unmarshal([]byte(out), &commands))
	require.Len(t, overHTTP.Counts, 3)
	for i, got := range overHTTP.Counts {
		require.Equal(t, []any{2.0, 4.0, 2.0}, []any{got["mentions"], got["faces"], got["mention_and_face"]}, "as the captions and pictures were made")
		for name, want := range commands.Counts[i] {
			require.Equal(t, want, got[name], name)
		}
	}
	evidence := ask(t, http.MethodGet, base+"/v1/people/Boris_Bell/evidence?index=men&kind=face", nil)
	require.Equal(t, 4, strings.Count(evidence, `"left":`))
	page := ask(t, http.MethodGet, base+"/people/Boris_Bell?index=men&kind=face", nil)
	bounds := commands.Faces.Persons[1]
	require.Contains(t, page, fmt.Sprintf("<dt>Faces</dt><dd>4 (%.0f to %.0f) <span", *bounds.Low, *bounds.High))
	require.Equal(t, []any{*bounds.Low, *bounds.High}, []any{overHTTP.Counts[1]["faces_low"], overHTTP.Counts[1]["faces_high"]})
	require.Equal(t, map[string]any{"either": float64(*bounds.Groups), "by_vector": float64(*bounds.ByVector), "by_hash": float64(*bounds.ByHash), "hashed": 4.0},
		overHTTP.Counts[1]["face_groups"])
	require.Contains(t, page, `id="row-4"`)

	var white bytes.Buffer
	require.NoError(t, png.Encode(&white, image.NewGray(image.Rect(0, 0, 64, 64))))
	for _, picture := range [][]byte{white.Bytes(), []byte("no picture")} {
		body, err := json.Marshal(map[string]any{"face": base64.StdEncoding.EncodeToString(picture)})
		require.NoError(t, err)
		response, err := http.Post(base+"/v1/indices/men/search", "application/json", bytes.NewReader(body))
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, 422, response.StatusCode, string(text))
		require.Contains(t, string(text), `"body.face"`)
	}
}
