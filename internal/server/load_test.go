package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/retriever"
)

func listening(t *testing.T, s *server.Server) string {
	t.Helper()
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return web.URL
}

func get(t *testing.T, url, key string) (int, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, response.Header
}

// slowStore takes its time over a search and counts them.
type slowStore struct {
	server.VectorStore
	takes  time.Duration
	passes *atomic.Int64
	closed *atomic.Bool
}

func (s slowStore) TopK(ctx context.Context, m retriever.Modality, queries [][]float32, k int) ([][]retriever.Hit, bool, error) {
	s.passes.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	if s.closed.Load() {
		return nil, false, fmt.Errorf("searched after it was closed")
	}
	return s.VectorStore.TopK(ctx, m, queries, k)
}

func (r recording) slow(t *testing.T, takes time.Duration) slowStore {
	return slowStore{r.folder(t), takes, &atomic.Int64{}, &atomic.Bool{}}
}

func vectorBody(seed, k int, modality string) string {
	vector := make([]float64, 8)
	for i := range vector {
		vector[i] = float64((seed+1)*(i+3)%11) - 5
	}
	body, _ := json.Marshal(map[string]any{"embedding_input": vector, "modality": modality, "num_images": k, "indice_name": ""})
	return string(body)
}

// TestConcurrentQueriesShareAPassAndGetTheirOwnAnswers compares 60 answers that shared passes with
// those of the same queries asked alone.
func TestConcurrentQueriesShareAPassAndGetTheirOwnAnswers(t *testing.T) {
	r := readRecording(t)
	alone := listening(t, r.serveWith(t, server.Options{}))
	store := r.slow(t, 50*time.Millisecond)
	s, err := server.New(server.Options{Indices: []server.Index{{Name: "i", Store: store, Dimension: 8}}})
	require.NoError(t, err)
	web := listening(t, s)
	var wait sync.WaitGroup
	for i := range 60 {
		wait.Go(func() {
			modality := []string{"image", "text"}[i%2]
			status, got := post(t, web, "/knn-service", vectorBody(i, 1+i%6, modality))
			require.Equal(t, 200, status, got)
			_, want := post(t, alone, "/knn-service", vectorBody(i, 1+i%6, modality))
			require.JSONEq(t, want, got)
		})
	}
	wait.Wait()
	require.NoError(t, s.Close())
	// Two modalities, lists of 1 to 6: at most two kinds of pass a batch. Alone they would be 60.
	require.LessOrEqual(t, store.passes.Load(), int64(20))
}

// TestAFloodIsShedWhileHealthAnswers sends far more requests than the service takes.
func TestAFloodIsShedWhileHealthAnswers(t *testing.T) {
	store := readRecording(t).slow(t, 100*time.Millisecond)
	s, err := server.New(server.Options{Indices: []server.Index{{Name: "i", Store: store, Dimension: 8}}, MaxRunning: 4, MaxWaiting: 8})
	require.NoError(t, err)
	web := listening(t, s)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
	var mu sync.Mutex
	statuses := map[int]int{}
	var flood sync.WaitGroup
	for i := range 200 {
		flood.Go(func() {
			response, err := client.Post(web+"/knn-service", "", strings.NewReader(vectorBody(i, 3, "image")))
			require.NoError(t, err)
			defer response.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			statuses[response.StatusCode]++
			if response.StatusCode == 503 {
				require.Equal(t, "1", response.Header.Get("Retry-After"))
			}
		})
	}
	for range 20 {
		asked := time.Now()
		status, _ := get(t, web+"/healthz", "")
		require.Equal(t, 200, status)
		require.Less(t, time.Since(asked), time.Second)
	}
	flood.Wait()
	require.Equal(t, 200, statuses[200]+statuses[503], statuses)
	require.GreaterOrEqual(t, statuses[200], 12, "those that fitted were answered")
	require.Positive(t, statuses[503])
	status, _ := post(t, web, "/knn-service", vectorBody(1, 3, "image"))
	require.Equal(t, 200, status, "after the flood it answers again")
	client.CloseIdleConnections()
	require.NoError(t, s.Close())
}

// TestSlowBodiesKeepNobodyWaiting opens more half-sent requests than there are turns.
func TestSlowBodiesKeepNobodyWaiting(t *testing.T) {
	s := readRecording(t).serveWith(t, server.Options{MaxRunning: 2, MaxWaiting: 1})
	web := listening(t, s)
	for range 20 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(web, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprint(conn, "POST /knn-service HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"text\":")
		require.NoError(t, err)
	}
	time.Sleep(50 * time.Millisecond)
	status, _ := post(t, web, "/knn-service", vectorBody(1, 3, "image"))
	require.Equal(t, 200, status)
}

// TestBodiesHaveABudget sends a gigabyte by its length alone, then more bytes than all bodies may
// have together, and a body that ends early.
func TestBodiesHaveABudget(t *testing.T) {
	s := readRecording(t).serveWith(t, server.Options{MaxBody: 8 << 20, MaxBodies: 4 << 20})
	web := listening(t, s)
	address := strings.TrimPrefix(web, "http://")
	raw := func(head string, body []byte) int {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer conn.Close()
		go func() {
			_, _ = conn.Write(append([]byte("POST /metadata HTTP/1.1\r\nHost: localhost\r\n"+head+"\r\n\r\n"), body...))
		}()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	require.Equal(t, 413, raw("Content-Length: 1073741824", nil))
	require.Equal(t, 413, raw("Content-Length: 9223372036854775807", nil))
	require.Equal(t, 503, raw("Content-Length: 6291456", make([]byte, 6<<20)), "6 MiB are allowed, and more than there is room for")
	require.Equal(t, 400, raw("Transfer-Encoding: chunked", []byte("zz\r\n")))
	status, _ := post(t, web, "/metadata", `{"ids":[0],"indice_name":"","more":"`+strings.Repeat("x", 1<<20)+`"}`)
	require.Equal(t, 200, status, "the budget was given back")
}

// TestIndexesAreReplacedUnderLoad replaces the index while requests use it: no request sees a
// closed one, and each former one is closed in the end.
func TestIndexesAreReplacedUnderLoad(t *testing.T) {
	r := readRecording(t)
	store := func() slowStore { return r.slow(t, 5*time.Millisecond) }
	index := func(s slowStore) []server.Index { return []server.Index{{Name: "i", Store: s, Dimension: 8}} }
	current := store()
	s, err := server.New(server.Options{Indices: index(current)})
	require.NoError(t, err)
	web := listening(t, s)
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var answered atomic.Int64
	for i := range 8 {
		load.Go(func() {
			for ctx.Err() == nil {
				status, body := post(t, web, "/knn-service", vectorBody(i, 3, "image"))
				require.Equal(t, 200, status, body)
				answered.Add(1)
			}
		})
	}
	var retired atomic.Int64
	for range 20 {
		former := current
		current = store()
		s.Replace(index(current), func() { former.closed.Store(true); retired.Add(1) })
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	load.Wait()
	require.NoError(t, s.Close())
	require.EqualValues(t, 20, retired.Load())
	require.Greater(t, answered.Load(), int64(20))
}

// TestStoppingLetsRequestsFinish stops while a search runs; it is answered, and readiness has said
// no.
func TestStoppingLetsRequestsFinish(t *testing.T) {
	store := readRecording(t).slow(t, 300*time.Millisecond)
	s, err := server.New(server.Options{Indices: []server.Index{{Name: "i", Store: store, Dimension: 8}}})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	answered := make(chan int, 1)
	go func() {
		response, err := http.Post("http://"+listener.Addr().String()+"/knn-service", "", strings.NewReader(vectorBody(1, 3, "image")))
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	require.Eventually(t, func() bool { return store.passes.Load() > 0 }, 5*time.Second, time.Millisecond)
	cancel()
	require.Equal(t, 200, <-answered)
	require.NoError(t, <-done)
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	status, _ := get(t, web.URL+"/readyz", "")
	require.Equal(t, 503, status)
	require.NoError(t, s.Close())
}
