package server_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/server"
	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// counted starts a count and gives its counts by person.
func counted(t *testing.T, base string, request map[string]any) (id string, counts map[string]map[string]any) {
	t.Helper()
	status, job := call(t, http.MethodPost, base+"/v1/counts", request)
	require.Equal(t, 202, status, job)
	job = ended(t, base, job)
	require.Equal(t, "done", job["state"], job)
	id = fmt.Sprint(job["id"])
	return id, countsOf(t, base, id)
}

func countsOf(t *testing.T, base, id string) map[string]map[string]any {
	t.Helper()
	status, result := call(t, http.MethodGet, base+"/v1/counts/"+id, nil)
	require.Equal(t, 200, status, result)
	counts := map[string]map[string]any{}
	for _, c := range result["counts"].([]any) {
		count := c.(map[string]any)
		counts[fmt.Sprint(count["id"])] = count
	}
	return counts
}

func TestACountRunsAsAJob(t *testing.T) {
	base := smallWorld(t)
	for _, hue := range []int{0, 3} {
		status, answer := raw(t, http.MethodPost, base+"/v1/people/ann/photos", "image/png", string(dot(t, hues[hue])))
		require.Equal(t, 201, status, answer)
	}
	id, counts := counted(t, base, map[string]any{"index": "small", "evidence": []string{"mention", "image"}, "threshold": 0.9})
	require.EqualValues(t, 4, counts["ann"]["mentions"], "rows 0, 2, 3 and 5")
	require.EqualValues(t, 2, counts["bo"]["mentions"], "rows 1 and 3")
	require.EqualValues(t, 2, counts["ann"]["images"], "the rows of her photos' colours")
	require.Nil(t, counts["bo"]["images"], "not measured: he has no photo")
	require.Equal(t, true, counts["ann"]["exact"])

	status, text := send(t, base, exchange{Method: http.MethodGet, Path: "/v1/counts/" + id, Headers: map[string]string{"Accept": "text/csv"}})
	require.Equal(t, 200, status)
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"id", "name", "mentions"}, lines[0][:3])
	require.Equal(t, []string{"ann", "Ann Lee", "4"}, lines[1][:3])
}

// TestAWrongMatchIsTakenOffTheCount marks one of Ann's four mentions as wrong, and takes that back.
func TestAWrongMatchIsTakenOffTheCount(t *testing.T) {
	base := smallWorld(t)
	id, _ := counted(t, base, map[string]any{"index": "small"})
	verdict := map[string]any{"index": "small", "kind": "mention", "row": 5, "wrong": true}
	for _, want := range []float64{3, 4} {
		status, answer := call(t, http.MethodPut, base+"/v1/people/ann/evidence", verdict)
		require.Equal(t, 204, status, answer)
		counts := countsOf(t, base, id)
		require.Equal(t, want, counts["ann"]["mentions"])
		require.Equal(t, want, counts["ann"]["estimate"])
		require.Equal(t, 4-want, counts["ann"]["wrong_mentions"])
		require.EqualValues(t, 2, counts["bo"]["mentions"])
		verdict["wrong"] = false
	}
	counted(t, base, map[string]any{"index": "small", "people": []string{"bo"}})
	status, answer := call(t, http.MethodGet, base+"/v1/people/ann/evidence?index=small&kind=mention", nil)
	require.Equal(t, 200, status, answer)
	require.Len(t, answer["evidence"], 4, "a newer count without her does not hide what an older one found")
	verdict["row"] = 99
	status, _ = call(t, http.MethodPut, base+"/v1/people/ann/evidence", verdict)
	require.Equal(t, 404, status)
}

// TestMarksStayWithTheirIndex marks a row as wrong, and counts in an index that was made anew under the same
// name: its rows are others, and nothing is taken off. In the same one the mark holds.
func TestMarksStayWithTheirIndex(t *testing.T) {
	store, err := state.Open(t.Context(), "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	mentions := func(fingerprint string, mark bool) any {
		web, s := world(t, store, colours{}, func(o *server.Options) {
			o.Indices[0].Manifest = &indexer.Manifest{Fingerprint: fingerprint, Options: indexer.ManifestOption{Images: true, Texts: true}}
		})
		defer func() { web.Close(); require.NoError(t, s.Close()) }()
		_, _ = call(t, http.MethodPut, web.URL+"/v1/people/ann", map[string]any{"name": "Ann Lee"})
		id, _ := counted(t, web.URL, map[string]any{"index": "small"})
		if mark {
			status, answer := call(t, http.MethodPut, web.URL+"/v1/people/ann/evidence", map[string]any{"index": "small", "kind": "mention", "row": 5, "wrong": true})
			require.Equal(t, 204, status, answer)
		}
		_, page := call(t, http.MethodGet, web.URL+"/v1/people/ann/evidence?index=small&kind=mention", nil)
		last := page["evidence"].([]any)[3].(map[string]any)
		count := countsOf(t, web.URL, id)["ann"]["mentions"]
		require.Equal(t, count == 3.0, last["wrong"], "page and count say the same")
		return count
	}
	require.Equal(t, 3.0, mentions("one", true))
	require.Equal(t, 3.0, mentions("one", false))
	require.Equal(t, 4.0, mentions("another", false))
}

func TestEvidenceComesInPagesThatStay(t *testing.T) {
	base := smallWorld(t)
	status, _ := call(t, http.MethodGet, base+"/v1/people/ann/evidence?index=small&kind=mention", nil)
	require.Equal(t, 404, status, "nothing was counted yet")
	first, _ := counted(t, base, map[string]any{"index": "small"})
	var rows []float64
	next := "/v1/people/ann/evidence?index=small&kind=mention&limit=3"
	for next != "" {
		status, page := call(t, http.MethodGet, base+next, nil)
		require.Equal(t, 200, status, page)
		require.Equal(t, first, page["count"], "a newer count does not shift the pages of this one")
		for _, e := range page["evidence"].([]any) {
			rows = append(rows, e.(map[string]any)["row"].(float64))
		}
		next = ""
		if cursor, more := page["next_cursor"]; more {
			next = "/v1/people/ann/evidence?index=small&kind=mention&limit=3&cursor=" + cursor.(string)
			counted(t, base, map[string]any{"index": "small"})
		}
	}
	require.Equal(t, []float64{0, 2, 3, 5}, rows)

	path := base + "/v1/people/bo/evidence?index=small&kind=mention&limit=1"
	status, text := send(t, "", exchange{Method: http.MethodGet, Path: path, Headers: map[string]string{"Accept": "application/jsonl"}})
	require.Equal(t, 200, status)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &line))
	require.Equal(t, "Portrait of Bo Park", line["caption"])
	require.EqualValues(t, len("Portrait of "), line["start"])
	response, err := http.Get(path)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Regexp(t, `^</v1/people/bo/evidence\?cursor=.*>; rel="next"$`, response.Header.Get("Link"))

	status, _ = call(t, http.MethodGet, base+"/v1/people/ann/evidence?index=small&kind=mention&cursor=forged", nil)
	require.Equal(t, 422, status)
}

func TestCountsThatCannotBeDoneAreRefusedAtOnce(t *testing.T) {
	base := smallWorld(t)
	for place, request := range map[string]map[string]any{
		"body.index":       {"index": "bare"},
		"body.threshold":   {"index": "small", "evidence": []string{"image"}},
		"body.people":      {"index": "small", "people": []string{"ann", "nobody"}},
		"body.mode":        {"index": "small", "mode": "loose"},
		"body.evidence[0]": {"index": "small", "evidence": []string{"rumour"}},
	} {
		status, answer := call(t, http.MethodPost, base+"/v1/counts", request)
		require.Equal(t, 422, status, answer)
		require.Equal(t, place, answer["errors"].([]any)[0].(map[string]any)["location"], answer)
	}
}

// TestJobsAreWatchedCancelledAndSurviveARestart holds a count at its first photo, cancels one,
// queues another, and stops the service under them.
func TestJobsAreWatchedCancelledAndSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	store, err := state.Open(t.Context(), path)
	require.NoError(t, err)
	web, s := world(t, store, colours{wait: make(chan struct{})})
	base := web.URL
	_, _ = call(t, http.MethodPut, base+"/v1/people/ann", map[string]any{"name": "Ann Lee"})
	status, answer := raw(t, http.MethodPost, base+"/v1/people/ann/photos", "image/png", string(dot(t, hues[0])))
	require.Equal(t, 201, status, answer)
	request := map[string]any{"index": "small", "evidence": []string{"image"}, "threshold": 0.9}
	start := func() map[string]any {
		status, job := call(t, http.MethodPost, base+"/v1/counts", request)
		require.Equal(t, 202, status, job)
		return job
	}
	first, second, third := start(), start(), start()
	events := watch(t, base, first["id"])
	require.Eventually(t, func() bool { return (<-events)["state"] == "running" }, 5*time.Second, time.Millisecond)

	status, job := call(t, http.MethodDelete, base+fmt.Sprint("/v1/jobs/", third["id"]), nil)
	require.Equal(t, 200, status)
	require.Equal(t, "cancelled", job["state"], "it had not begun")
	status, job = call(t, http.MethodDelete, base+fmt.Sprint("/v1/jobs/", first["id"]), nil)
	require.Equal(t, 200, status)
	require.Equal(t, "cancelled", job["state"])
	var last map[string]any
	for e := range events {
		last = e
	}
	require.Equal(t, "cancelled", last["state"], "who watches is told the end")
	require.Eventually(t, func() bool {
		_, job := call(t, http.MethodGet, base+fmt.Sprint("/v1/jobs/", second["id"]), nil)
		return job["state"] == "running"
	}, 5*time.Second, time.Millisecond)
	fourth := start()
	web.Close()
	require.NoError(t, s.Close())
	require.NoError(t, store.Close())

	store, err = state.Open(t.Context(), path)
	require.NoError(t, err)
	web, s = world(t, store, colours{})
	base = web.URL
	_, job = call(t, http.MethodGet, base+fmt.Sprint("/v1/jobs/", second["id"]), nil)
	require.Equal(t, "interrupted", job["state"])
	require.Contains(t, job["error"], "start it again")
	require.Equal(t, "done", ended(t, base, fourth)["state"], "what waited is done after the restart")
	require.EqualValues(t, 1, countsOf(t, base, fmt.Sprint(fourth["id"]))["ann"]["images"])
	status, _ = call(t, http.MethodDelete, base+fmt.Sprint("/v1/counts/", fourth["id"]), nil)
	require.Equal(t, 204, status)
	status, _ = call(t, http.MethodGet, base+fmt.Sprint("/v1/counts/", fourth["id"]), nil)
	require.Equal(t, 404, status)
	web.Close()
	require.NoError(t, s.Close())
	require.NoError(t, store.Close())
}

// TestTheQueryLogSaysWhoIsCounted counts one person of two, then everybody.
func TestTheQueryLogSaysWhoIsCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queries.jsonl")
	queries, err := querylog.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, queries.Close()) })
	base := smallWorld(t, func(o *server.Options) { o.QueryLog = queries })
	counted(t, base, map[string]any{"index": "small", "people": []string{"ann"}})
	counted(t, base, map[string]any{"index": "small"})
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var starts []querylog.Entry
	for line := range strings.Lines(string(data)) {
		var e querylog.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		if e.Action == "count" {
			starts = append(starts, e)
		}
	}
	require.Len(t, starts, 2)
	require.Equal(t, []any{[]string{"ann"}, 1, "small"}, []any{starts[0].People, starts[0].Asked, starts[0].Index})
	require.Equal(t, []any{[]string(nil), 2}, []any{starts[1].People, starts[1].Asked}, "everybody on the roster")
}

// TestJobsThatWaitAreBounded queues jobs behind one that is held until the service says no.
func TestJobsThatWaitAreBounded(t *testing.T) {
	web, s := world(t, nil, colours{wait: make(chan struct{})})
	t.Cleanup(func() { web.Close(); require.NoError(t, s.Close()) })
	_, _ = call(t, http.MethodPut, web.URL+"/v1/people/ann", map[string]any{"name": "Ann Lee"})
	status, answer := raw(t, http.MethodPost, web.URL+"/v1/people/ann/photos", "image/png", string(dot(t, hues[0])))
	require.Equal(t, 201, status, answer)
	accepted := 0
	for status = 202; status == 202 && accepted < 200; accepted++ {
		status, _ = call(t, http.MethodPost, web.URL+"/v1/counts", map[string]any{"index": "small", "evidence": []string{"image"}, "threshold": 0.9})
	}
	require.Equal(t, 503, status)
	response, err := http.Post(web.URL+"/v1/counts", "application/json", strings.NewReader(`{"index":"small"}`))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, []string{"503", "60"}, []string{fmt.Sprint(response.StatusCode), response.Header.Get("Retry-After")})
	require.InDelta(t, 101, accepted-1, 1, "a hundred wait behind the one that runs")
}

// watch reads a job's events until they end.
func watch(t *testing.T, base string, id any) <-chan map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+fmt.Sprint("/v1/jobs/", id), nil)
	require.NoError(t, err)
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	events := make(chan map[string]any, 1000)
	go func() {
		defer close(events)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			data, found := strings.CutPrefix(lines.Text(), "data: ")
			var event map[string]any
			if found && json.Unmarshal([]byte(data), &event) == nil {
				events <- event
			}
		}
	}()
	return events
}

// TestEvidenceHasNoEnd counts a person in 12,345 rows, more than one batch or page of anything, and
// pages through every one of them.
func TestEvidenceHasNoEnd(t *testing.T) {
	const rows = 12_345
	dir := t.TempDir()
	w, err := vectors.NewPartitionWriter(dir, 0, 1, len(hues), true, false)
	require.NoError(t, err)
	for i := range int64(rows) {
		require.NoError(t, w.Append(direction(0), nil, retriever.Row{ID: i, Caption: "Ann Lee"}))
	}
	_, err = w.Close()
	require.NoError(t, err)
	opened, err := vectors.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	base := smallWorld(t, func(o *server.Options) {
		o.Indices = []server.Index{{Name: "many", Store: opened, Dimension: len(hues), Encoder: colours{}, Counter: opened, Captions: opened}}
	})
	status, answer := raw(t, http.MethodPost, base+"/v1/people/ann/photos", "image/png", string(dot(t, hues[0])))
	require.Equal(t, 201, status, answer)
	_, counts := counted(t, base, map[string]any{"index": "many", "evidence": []string{"mention", "image"}, "threshold": 0.9})
	require.EqualValues(t, rows, counts["ann"]["mentions"])
	require.EqualValues(t, rows, counts["ann"]["images"])
	for _, kind := range []string{"mention", "image"} {
		path := "/v1/people/ann/evidence?index=many&limit=1000&kind=" + kind
		next := path
		seen := map[float64]bool{}
		for next != "" {
			status, page := call(t, http.MethodGet, base+next, nil)
			require.Equal(t, 200, status, page)
			for _, e := range page["evidence"].([]any) {
				seen[e.(map[string]any)["row"].(float64)] = true
			}
			next = ""
			if cursor, more := page["next_cursor"]; more {
				next = path + "&cursor=" + cursor.(string)
			}
		}
		require.Len(t, seen, rows, kind)
	}
}
