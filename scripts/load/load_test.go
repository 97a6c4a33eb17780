package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/vectors"
)

// Of 100 requests every fourth is refused: 75 are answered, 25 are not, and none is asked twice.
func TestLoadCountsEveryAnswer(t *testing.T) {
	var asked atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/knn-service" {
			return
		}
		var body struct {
			Vector []float32 `json:"embedding_input"`
			Index  string    `json:"indice_name"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Vector) != 2 || body.Index != "idx" {
			t.Errorf("asked %+v: %v", body, err)
		}
		if asked.Add(1)%4 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "[]") // the client may be gone
	}))
	defer service.Close()
	queries := filepath.Join(t.TempDir(), "queries.npy")
	file, err := os.Create(queries)
	require.NoError(t, err)
	require.NoError(t, vectors.WriteFloat32(file, [][]float32{{1, 0}, {0, 1}, {.6, .8}}))
	require.NoError(t, file.Close())

	a, err := newAsker(settings{url: service.URL, index: "idx", queries: queries, clients: 8, lasts: time.Minute, requests: 100, k: 40, metadata: 40})
	require.NoError(t, err)
	got, err := a.load(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 100, asked.Load())
	require.Equal(t, map[string]int{"200": 75, "503": 25}, got.Statuses)
	require.Equal(t, 75, got.Answered)
}

// Of ten answers of 1 to 10 ms, half are quicker than the one of 6 ms, and none is slower than 10 ms.
func TestQuantile(t *testing.T) {
	var a answers
	for ms := range 10 {
		a.took = append(a.took, time.Duration(ms+1)*time.Millisecond)
	}
	require.Equal(t, 6.0, a.quantile(.5))
	require.Equal(t, 10.0, a.quantile(.99))
	require.Equal(t, 10.0, a.quantile(1))
}
