package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// job is what /v1/jobs says of one.
type job struct{ ID, Kind, State, Error, Result string }

// send sends a body and decodes the answer.
func send(t *testing.T, method, url, mediaType, body string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", mediaType)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, string(text))
	require.NoError(t, json.Unmarshal(text, into), string(text))
}

// labPersons is the roster of the lab's first persons, in the order of names, as the service has it.
func labPersons(t *testing.T, n int) string {
	t.Helper()
	data, err := os.ReadFile(lab(t, "roster.csv"))
	require.NoError(t, err)
	lines := strings.SplitAfterN(string(data), "\n", n+2)[:n+1]
	name := func(line string) string { return strings.Split(line, ",")[1] }
	slices.SortFunc(lines[1:], func(a, b string) int { return strings.Compare(name(a), name(b)) })
	return strings.Join(lines, "")
}

// TestKilledServiceKeepsItsJobs kills the real program with kill -9 while counts and audits run and
// wait. Afterwards every job that was accepted is there: what was done has the result that was seen,
// byte for byte, what ran says that it was interrupted and has no result, and what waited is done.
func TestKilledServiceKeepsItsJobs(t *testing.T) {
	dir := t.TempDir()
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "100")
	args := []string{"--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "lab", "--model", lab(t, "model"), "--photos", lab(t, "photos")}
	random := rand.New(rand.NewPCG(3, 5))
	accepted, results := map[string]string{}, map[string]string{}
	interrupted := 0
	for round := range 4 {
		base, kill := spawn(t, args...)
		if round == 0 {
			send(t, http.MethodPost, base+"/v1/people/import", "text/csv", labPersons(t, 8), &struct{}{})
		}
		interrupted += checkJobs(t, base, accepted, results)
		for i := range 4 {
			path, body := "/v1/counts", `{"index":"lab"}`
			if i%2 == 1 {
				path, body = "/v1/audits", `{"min_photos":1,"decoys":200}`
			}
			var started job
			send(t, http.MethodPost, base+path, "application/json", body, &started)
			accepted[started.ID] = started.Kind
		}
		require.Eventually(t, func() bool { return len(states(t, base)["done"]) > 2*round && len(states(t, base)["running"]) > 0 }, 30*time.Second, time.Millisecond)
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		for _, done := range states(t, base)["done"] {
			results[done.ID] = ask(t, http.MethodGet, base+resultOf(done), nil)
		}
		kill()
	}
	base, _ := spawn(t, args...)
	interrupted += checkJobs(t, base, accepted, results)
	require.Positive(t, interrupted, "some were killed at work")
	require.NotEmpty(t, results)
	require.Eventually(t, func() bool { s := states(t, base); return len(s["queued"])+len(s["running"]) == 0 }, time.Minute, 20*time.Millisecond)
	require.Equal(t, len(accepted), len(states(t, base)["done"])+len(states(t, base)["interrupted"]))
}

// resultOf is where a job's result is, in a form that does not change: counts.csv, or the stream.
func resultOf(j job) string {
	if j.Kind == "audit" {
		return j.Result + "/run.jsonl"
	}
	return j.Result
}

func states(t *testing.T, base string) map[string][]job {
	t.Helper()
	var list struct{ Jobs []job }
	require.NoError(t, json.Unmarshal([]byte(ask(t, http.MethodGet, base+"/v1/jobs", nil)), &list))
	byState := map[string][]job{}
	for _, j := range list.Jobs {
		byState[j.State] = append(byState[j.State], j)
	}
	return byState
}

// checkJobs looks at what a restart made of the jobs, and counts those that were interrupted.
func checkJobs(t *testing.T, base string, accepted, results map[string]string) int {
	t.Helper()
	byState := states(t, base)
	found := 0
	for state, jobs := range byState {
		require.Contains(t, []string{"queued", "running", "done", "interrupted"}, state)
		for _, j := range jobs {
			require.Equal(t, accepted[j.ID], j.Kind)
			found++
		}
	}
	require.Equal(t, len(accepted), found, "no job is lost")
	for _, j := range byState["interrupted"] {
		require.Contains(t, j.Error, "start it again")
		require.NotContains(t, results, j.ID)
	}
	for _, j := range byState["done"] {
		if seen, ok := results[j.ID]; ok {
			require.Equal(t, seen, ask(t, http.MethodGet, base+resultOf(j), nil), fmt.Sprint(j))
		}
	}
	for id := range results {
		require.True(t, slices.ContainsFunc(byState["done"], func(j job) bool { return j.ID == id }), "what a client saw done is done")
	}
	return len(byState["interrupted"])
}

// TestAuditOverHTTPIsTheCommands runs one audit with a reference model by the command and by the
// service: the tables are the same bytes, and so is every finding and summary of the streams.
func TestAuditOverHTTPIsTheCommands(t *testing.T) {
	dir := t.TempDir()
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "50")
	roster := filepath.Join(dir, "roster.csv")
	require.NoError(t, os.WriteFile(roster, []byte(labPersons(t, 30)), 0o600))
	run := filepath.Join(dir, "run")
	rollcall(t, "audit", "--model", lab(t, "model"), "--reference-model", lab(t, "twin"), "--roster", roster, "--photos", lab(t, "photos"),
		"--min-photos", "10", "--decoys", "300", "--resamples", "300", "--match-decoys", "sex", "--covariates", "photos", "--max-count", "40", "-o", run)

	base := serve(t, "--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "lab", "--model", lab(t, "model"),
		"--reference-model", lab(t, "twin"), "--photos", lab(t, "photos"))
	var loaded struct {
		Models []struct {
			Name      string
			Reference bool
		}
	}
	send(t, http.MethodGet, base+"/v1/models", "", "", &loaded)
	require.Equal(t, []bool{false, true}, []bool{loaded.Models[0].Reference, loaded.Models[1].Reference})
	send(t, http.MethodPost, base+"/v1/people/import", "text/csv", labPersons(t, 30), &struct{}{})
	var audit job
	send(t, http.MethodPost, base+"/v1/audits", "application/json", `{"min_photos":10,"decoys":300,"resamples":300,"match_decoys":["sex"],"covariates":["photos"],"max_count":40}`, &audit)
	require.Eventually(t, func() bool { return len(states(t, base)["done"]) == 1 }, time.Minute, 20*time.Millisecond)

	table, err := os.ReadFile(filepath.Join(run, "summary.csv"))
	require.NoError(t, err)
	require.Equal(t, string(table), ask(t, http.MethodGet, base+audit.Result+"/summary.csv", nil))
	stream, err := os.ReadFile(filepath.Join(run, "run.jsonl"))
	require.NoError(t, err)
	want, got := found(t, string(stream)), found(t, ask(t, http.MethodGet, base+audit.Result+"/run.jsonl", nil))
	require.Len(t, want, 2*30+2, "a finding a person and model, a summary a model")
	require.Equal(t, want, got)
}

// found are the lines of a stream that say what was found, without how long that took.
func found(t *testing.T, stream string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(stream) {
		if strings.HasPrefix(line, `{"finding"`) || strings.HasPrefix(line, `{"summary"`) {
			lines = append(lines, line)
		}
	}
	return lines
}
