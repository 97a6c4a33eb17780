package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/vectors"
)

// TestClipRetrievalsClientUnmodified runs the published ClipClient, with its default options and a
// key in its URL, against a service with a real model.
func TestClipRetrievalsClientUnmodified(t *testing.T) {
	packages := filepath.Join(projectRoot(t), ".cache", "clip-client")
	if _, err := os.Stat(filepath.Join(packages, "packages.txt")); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("clip-retrieval's client is not here: run scripts/clip_client.sh")
		}
		t.Skip("clip-retrieval's client is not here: run scripts/clip_client.sh")
	}
	dir := t.TempDir()
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "50")
	keys := filepath.Join(dir, "keys.jsonl")
	key := strings.TrimSpace(rollcall(t, "key", "add", "--keys", keys, "--role", "read", "--name", "Ada"))
	base := serve(t, "--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "lab", "--model", lab(t, "model"), "--keys", keys, "--image-url")
	image := filepath.Join(dir, "first.jpg")
	require.NoError(t, os.WriteFile(image, firstImage(t, lab(t, "shards", "00000.tar")), 0o600))
	store, err := vectors.Open(filepath.Join(dir, "lab"))
	require.NoError(t, err)
	rows, err := store.Get(t.Context(), []int64{7})
	require.NoError(t, err)
	dimension := store.Dimension()
	require.NoError(t, store.Close())

	with := func(key string) string { return strings.Replace(base, "http://", "http://ada:"+key+"@", 1) }
	cmd := exec.CommandContext(t.Context(), "python3", filepath.Join("testdata", "clip_client.py"), with(key), with(key+"x"), image, rows[0].Caption, strconv.Itoa(dimension))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+packages)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())

	type result struct {
		ID         int64
		Similarity float64
		Caption    string
	}
	var answers struct{ Image, Text, Vector []result }
	require.NoError(t, json.Unmarshal(out, &answers), string(out))
	require.Equal(t, int64(0), answers.Image[0].ID, "an image's nearest row is its own")
	require.InDelta(t, 1, answers.Image[0].Similarity, 1e-3)
	require.Len(t, answers.Text, 5)
	require.Equal(t, rows[0].Caption, answers.Text[0].Caption)
	require.InDelta(t, 1, answers.Text[0].Similarity, 1e-3)
	require.NotEmpty(t, answers.Vector)

	var refused map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(out, &refused))
	for name, says := range map[string]string{
		"image_url": "public internet", "wrong_index": "there is no index", "wrong_dimension": "numbers", "wrong_key": "key is unknown",
	} {
		var answer struct{ Message string }
		require.NoError(t, json.Unmarshal(refused[name], &answer), "%s: %s", name, refused[name])
		require.Contains(t, answer.Message, says)
	}
}
