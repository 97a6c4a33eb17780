package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/internal/server/querylog"
)

// TestChangesAndViewsAreInTheQueryLog does whatever changes the roster or shows what is known of
// persons, under /v1 and on the pages, and finds each as a line of the query log.
func TestChangesAndViewsAreInTheQueryLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	queries, err := querylog.Open(path)
	require.NoError(t, err)
	base := smallWorld(t, func(o *server.Options) { o.QueryLog = queries })
	red := string(dot(t, hues[0]))
	status, answer := raw(t, http.MethodPost, base+"/v1/people/ann/photos", "image/png", red)
	require.Equal(t, 201, status, answer)
	_, _ = call(t, http.MethodPut, base+"/v1/people/cy", map[string]any{"name": "Cy Ng"})
	status, _ = send(t, base, exchange{Method: http.MethodGet, Path: "/v1/people/ann/photos/upload-000000.png"})
	require.Equal(t, 200, status)
	count, _ := counted(t, base, map[string]any{"index": "small"})
	_, _ = call(t, http.MethodPut, base+"/v1/people/ann/evidence", map[string]any{"index": "small", "kind": "mention", "row": 5, "wrong": true})
	_, _, _ = page(t, base+"/people/ann?index=small")
	status, _, _ = page(t, base+"/image/small/2")
	require.Equal(t, 200, status)
	status, audit := call(t, http.MethodPost, base+"/v1/audits", map[string]any{"min_photos": 1})
	require.Equal(t, 202, status, audit)
	require.Equal(t, "done", ended(t, base, audit)["state"])
	_, _ = send(t, base, exchange{Method: http.MethodGet, Path: fmt.Sprint("/v1/audits/", audit["id"], "/summary.csv")})
	_, _ = call(t, http.MethodDelete, base+fmt.Sprint("/v1/jobs/", audit["id"]), nil)
	_, _ = call(t, http.MethodDelete, base+"/v1/counts/"+count, nil)
	_, _ = submit(t, base+"/people/ann/photos/upload-000000.png/delete", nil, nil)
	_, _ = submit(t, base+"/people/cy/delete", nil, nil)

	require.NoError(t, queries.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	digest, id := querylog.Digest([]byte(red)), fmt.Sprint(audit["id"])
	want := []string{
		"people imported   ", "photo added ann  " + digest, "person changed cy  ", "photo ann  " + digest, "count   ", "counts  " + count + " ",
		"row marked as wrong ann  ", "counts  " + count + " ", "evidence ann  ", "picture   ", "audit   ", "findings  " + id + " ",
		"job cancelled  " + id + " ", "count removed  " + count + " ", "photo removed ann  ", "person removed cy  ",
	}
	var got []string
	for line := range strings.Lines(string(data)) {
		var e querylog.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, "127.0.0.1", e.Address)
		require.NotEmpty(t, e.Request)
		got = append(got, strings.Join([]string{e.Action, e.Person, e.Job, e.Image}, " "))
	}
	require.Subset(t, got, want)
	require.Equal(t, want[0], got[0], "in the order of what was done")
}
