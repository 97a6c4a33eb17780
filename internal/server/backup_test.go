package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/internal/server/state"
)

// TestABackupIsTheWholeState copies the state of a service at work, starts another with the copy,
// and asks both the same.
func TestABackupIsTheWholeState(t *testing.T) {
	dir := t.TempDir()
	store, err := state.Open(t.Context(), filepath.Join(dir, "state.db"))
	require.NoError(t, err)
	web, s := world(t, store, colours{})
	t.Cleanup(func() { web.Close(); require.NoError(t, s.Close()); require.NoError(t, store.Close()) })
	status, answer := raw(t, http.MethodPost, web.URL+"/v1/people/import", "text/csv", "id,name\nann,Ann Lee\nbo,Bo Park\n")
	require.Equal(t, 200, status, answer)
	status, answer = raw(t, http.MethodPost, web.URL+"/v1/people/ann/photos", "image/png", string(dot(t, hues[0])))
	require.Equal(t, 201, status, answer)
	count, _ := counted(t, web.URL, map[string]any{"index": "small"})
	_, _ = call(t, http.MethodPut, web.URL+"/v1/people/ann/evidence", map[string]any{"index": "small", "kind": "mention", "row": 5, "wrong": true})
	_, job := call(t, http.MethodPost, web.URL+"/v1/audits", map[string]any{"min_photos": 1})
	require.Equal(t, "done", ended(t, web.URL, job)["state"])

	status, content := send(t, web.URL, exchange{Method: http.MethodGet, Path: "/state-backup"})
	require.Equal(t, 200, status)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		require.NotContains(t, entry.Name(), "backup", "nothing is left beside the original")
	}
	restored := filepath.Join(t.TempDir(), "state.db")
	require.NoError(t, os.WriteFile(restored, []byte(content), 0o600))
	again, err := state.Open(t.Context(), restored)
	require.NoError(t, err)
	other, second := world(t, again, colours{})
	t.Cleanup(func() { other.Close(); require.NoError(t, second.Close()); require.NoError(t, again.Close()) })
	for _, path := range []string{
		"/v1/people", "/v1/people/ann/photos/upload-000000.png", "/v1/jobs", "/v1/counts/" + count,
		"/v1/people/ann/evidence?index=small&kind=mention", "/v1/audits/" + job["id"].(string) + "/run.jsonl",
	} {
		status, want := send(t, web.URL, exchange{Method: http.MethodGet, Path: path})
		require.Equal(t, 200, status, path)
		_, got := send(t, other.URL, exchange{Method: http.MethodGet, Path: path})
		require.Equal(t, want, got, path)
	}
	require.EqualValues(t, 3, countsOf(t, other.URL, count)["ann"]["mentions"], "the mark is there too")
}

func TestOnlyAdminsCopyTheState(t *testing.T) {
	keys, texts := ring(t)
	base := listening(t, readRecording(t).serveWith(t, server.Options{Keys: keys}))
	for role, want := range map[string]int{"": 401, texts["read"]: 403, texts["audit"]: 403, texts["admin"]: 404} {
		status, _ := get(t, base+"/state-backup", role)
		require.Equal(t, want, status, "this one keeps its state in memory, and says so to an admin")
	}
}
