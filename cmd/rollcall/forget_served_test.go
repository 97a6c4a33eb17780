package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// TestForgetWhileServed erases a person's rows from an index that the real program serves, after it
// has counted the person with evidence. No answer after that has the rows; soon nothing below the data
// folder holds a caption, URL or vector of theirs, the removal list aside, and the service has let
// go of the old files.
func TestForgetWhileServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	call := func(args ...string) string { return rollcall(t, append([]string{"--data-dir", dir}, args...)...) }
	call("index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "400")
	call("derive", "lab", "--one-bit")
	roster := filepath.Join(dir, "..", filepath.Base(dir)+"-roster.csv")
	require.NoError(t, os.WriteFile(roster, []byte(labPersons(t, 100)), 0o600))
	person, rows := mostMentioned(t, call("--json", "count", "lab", "--roster", roster))
	require.Greater(t, rows, 3)

	base, kill := spawn(t, "--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "lab")
	countServed(t, base)

	before := contentOf(t, filepath.Join(dir, "lab"), person, roster)
	require.Len(t, before.ids, rows)
	require.NotEmpty(t, holders(t, filepath.Join(dir, "lab"), before.bytes()), "the index holds what is looked for")
	require.Contains(t, strings.Join(holders(t, dir, before.texts), " "), "state.db", "so does the evidence")

	call("forget", "lab", "--person", person, "--roster", roster, "--yes")
	for i, id := range before.ids {
		answer := ask(t, http.MethodPost, base+"/knn-service", map[string]any{
			"embedding_input": before.vectors[i], "modality": "image", "num_images": 400, "num_result_ids": 400, "indice_name": "lab", "deduplicate": false,
		})
		require.NotContains(t, answer, fmt.Sprintf(`"id":%d,`, id))
		require.NotContains(t, answer, string(before.texts[i]))
	}
	require.Eventually(t, func() bool { return len(holders(t, dir, before.bytes())) == 0 && len(deletedMaps(t, dir)) == 0 }, 20*time.Second, 200*time.Millisecond,
		"still there: %v %v", holders(t, dir, before.bytes()), deletedMaps(t, dir))
	kill()
	require.Empty(t, holders(t, dir, before.bytes()), "after the service")
}

// TestForgetAfterServing erases rows that a service, which has ended, kept as evidence.
func TestForgetAfterServing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	call := func(args ...string) string { return rollcall(t, append([]string{"--data-dir", dir}, args...)...) }
	call("index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "200", "--embed", "captions")
	base, kill := spawn(t, "--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "lab")
	countServed(t, base)
	kill()
	texts := forgetMostMentioned(t, dir, call)
	require.Empty(t, holders(t, dir, texts))
}

// TestForgetWhileServedFromMilvus erases rows from an index in a real Milvus that the real program
// serves: what it kept of them as evidence goes, also when Milvus still gives them for a while.
func TestForgetWhileServedFromMilvus(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), milvusEngine(t)
	call := func(args ...string) string {
		return rollcall(t, append([]string{"--data-dir", dir, "--milvus-address", address}, args...)...)
	}
	call("index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "200", "--embed", "captions", "--store", "milvus")
	base, _ := spawn(t, "--data-dir", dir, "--milvus-address", address, "serve", "--listen", "127.0.0.1:0", "--index", "lab")
	countServed(t, base)
	texts := forgetMostMentioned(t, dir, call)
	require.Eventually(t, func() bool { return len(holders(t, dir, texts)) == 0 }, 40*time.Second, 200*time.Millisecond,
		"still there: %v", holders(t, dir, texts))
}

// countServed has a service count the lab's first 100 persons in the index lab, with evidence.
func countServed(t *testing.T, base string) {
	t.Helper()
	send(t, http.MethodPost, base+"/v1/people/import", "text/csv", labPersons(t, 100), &struct{}{})
	send(t, http.MethodPost, base+"/v1/counts", "application/json", `{"index":"lab"}`, &job{})
	require.Eventually(t, func() bool { return len(states(t, base)["done"]) == 1 }, time.Minute, 20*time.Millisecond)
}

// forgetMostMentioned erases, by call, the person with the most mentions from the index lab in dir, whose
// captions a service has kept there as evidence; it gives these captions.
func forgetMostMentioned(t *testing.T, dir string, call func(args ...string) string) (texts [][]byte) {
	t.Helper()
	roster := filepath.Join(t.TempDir(), "roster.csv")
	require.NoError(t, os.WriteFile(roster, []byte(labPersons(t, 100)), 0o600))
	person, _ := mostMentioned(t, call("--json", "count", "lab", "--roster", roster))
	texts = captionsOf(t, filepath.Join(dir, "lab"), person, roster).texts
	require.Contains(t, strings.Join(holders(t, dir, texts), " "), "state.db")
	call("forget", "lab", "--person", person, "--roster", roster, "--yes")
	return texts
}

// mostMentioned gives the person with the most mentions.
func mostMentioned(t *testing.T, output string) (id string, mentions int) {
	t.Helper()
	for _, c := range countsOf(t, output).Counts {
		if n := int(*c.Mentions); n > mentions {
			id, mentions = c.ID, n
		}
	}
	return id, mentions
}

// content is what an index holds of rows.
type content struct {
	ids     []int64
	vectors [][]float32 // of the images
	halves  [][]byte    // the vectors as the files have them
	texts   [][]byte    // the captions
}

func (c content) bytes() [][]byte { return append(c.halves[:len(c.halves):len(c.halves)], c.texts...) }

// captionsOf reads the captions of the rows that mention a person.
func captionsOf(t *testing.T, dir, person, roster string) (c content) {
	t.Helper()
	s, err := vectors.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	text, err := os.Open(roster)
	require.NoError(t, err)
	defer text.Close()
	persons, err := retriever.ReadRoster(text, roster)
	require.NoError(t, err)
	for _, p := range persons.Persons {
		if p.ID == person {
			c.ids, err = retriever.SelectPerson(t.Context(), s, p)
			require.NoError(t, err)
		}
	}
	rows, err := s.Get(t.Context(), c.ids)
	require.NoError(t, err)
	for _, row := range rows {
		c.texts = append(c.texts, []byte(row.Caption))
	}
	return c
}

// contentOf reads what an index of one partition holds of the rows that mention a person.
func contentOf(t *testing.T, dir, person, roster string) content {
	t.Helper()
	c := captionsOf(t, dir, person, roster)
	s, err := vectors.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	c.vectors, err = s.Vectors(t.Context(), retriever.Image, c.ids)
	require.NoError(t, err)
	file, err := os.ReadFile(filepath.Join(dir, "img_emb", "img_emb_0.npy"))
	require.NoError(t, err)
	rows, err := s.Len(t.Context())
	require.NoError(t, err)
	width := int64(2 * s.Dimension()) // bytes of a vector, the last of which end the file
	for _, id := range c.ids {
		c.halves = append(c.halves, file[int64(len(file))-(rows-id)*width:][:width])
	}
	return c
}

// holders gives the files below dir that have any of the pieces, the removal lists aside.
func holders(t *testing.T, dir string, pieces [][]byte) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "removed.") {
			return err
		}
		all, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		for _, piece := range pieces {
			if len(piece) > 0 && bytes.Contains(all, piece) {
				found = append(found, path)
				break
			}
		}
		return err
	}))
	return found
}

// deletedMaps gives the files below dir that a process has mapped and that are no more.
func deletedMaps(t *testing.T, dir string) (found []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/maps")
	require.NoError(t, err)
	for _, path := range all {
		maps, _ := os.ReadFile(path) // of a process that has just ended, or of another user
		for line := range strings.Lines(string(maps)) {
			if strings.Contains(line, dir) && strings.Contains(line, "(deleted)") {
				found = append(found, line)
			}
		}
	}
	return found
}
