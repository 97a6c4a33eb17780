package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
)

func post(t *testing.T, base, path, body string) (int, string) {
	t.Helper()
	return send(t, base, exchange{Method: http.MethodPost, Path: path, RequestBody: &body})
}

// knnBody asks the recording's index with one vector, overridden by fields.
func knnBody(t *testing.T, fields map[string]any) string {
	t.Helper()
	body := map[string]any{
		"embedding_input": []float64{1, 0, 0, 0, 0, 0, 0, 0}, "modality": "image", "num_images": 2, "indice_name": "",
	}
	for name, value := range fields {
		body[name] = value
	}
	data, err := json.Marshal(body)
	require.NoError(t, err)
	return string(data)
}

func TestHostileQueriesAreRefusedWithAMessage(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{MaxBody: 1 << 20})
	tests := []struct {
		name   string
		fields map[string]any
		status int
		says   string
	}{
		{"wrong dimension", map[string]any{"embedding_input": []float64{1, 2}}, 400, "has 2 numbers"},
		{"all zeros", map[string]any{"embedding_input": make([]float64, 8)}, 400, "all zeros"},
		{"beyond float32", map[string]any{"embedding_input": []float64{1e300, 0, 0, 0, 0, 0, 0, 0}}, 400, "beyond float32"},
		{"text without a model", map[string]any{"text": "someone"}, 400, "without a model"},
		{"image_url", map[string]any{"embedding_input": nil, "image_url": "http://169.254.169.254/"}, 400, "image_url is off"},
		{"unknown index", map[string]any{"indice_name": "nobody"}, 404, "no index"},
		{"index name of another type", map[string]any{"indice_name": 3}, 400, "indice_name"},
		{"too many results", map[string]any{"num_result_ids": 1 << 40}, 400, "between 1 and"},
		{"negative results", map[string]any{"num_images": -5}, 400, "between 1 and"},
		{"huge body", map[string]any{"text": strings.Repeat("x", 2<<20)}, 413, "too large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, body := post(t, web.URL, "/knn-service", knnBody(t, test.fields))
			require.Equal(t, test.status, status, body)
			requireMessage(t, body)
			require.Contains(t, body, test.says)
		})
	}
}

func TestMetadataTakesStringIDsAndRefusesOthers(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{})
	status, body := post(t, web.URL, "/metadata", `{"ids": ["1", 0], "indice_name": "second"}`)
	require.Equal(t, 200, status)
	var rows []struct{ ID int64 }
	require.NoError(t, json.Unmarshal([]byte(body), &rows))
	require.Equal(t, []struct{ ID int64 }{{1}, {0}}, rows, "in the order asked")

	for _, ids := range []string{`[-1]`, `[12]`, `[1.5]`, `["x"]`, `[null]`, `"0"`, `null`, `[1e300]`, "[" + strings.Repeat("0,", 10000) + "0]"} {
		status, body := post(t, web.URL, "/metadata", fmt.Sprintf(`{"ids": %s, "indice_name": ""}`, ids))
		require.Equal(t, 400, status, ids)
		requireMessage(t, body)
	}
}

// TestImagesNeverLeaveTheirRoot serves an index whose rows name files outside the image root, by
// "..", in full, and through a symbolic link.
func TestImagesNeverLeaveTheirRoot(t *testing.T) {
	r := readRecording(t)
	outside := filepath.Join(imageRoot(t), "images", "red.jpg")
	root := t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(root, "link.jpg")))
	up, err := filepath.Rel(root, outside)
	require.NoError(t, err)
	for i, path := range []string{outside, up, "link.jpg", "../" + filepath.Base(root) + "/link.jpg", "/etc/passwd", ""} {
		r.Data.Metadata[i]["image_path"] = path
	}
	web := r.serve(t, server.Options{ImageRoots: []string{root}})
	status, body := post(t, web.URL, "/metadata", `{"ids": [0,1,2,3,4,5], "indice_name": ""}`)
	require.Equal(t, 200, status)
	require.NotContains(t, body, `"image":`)
}

func TestModelsThatAreNotLoadedAreIgnoredAloud(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{})
	body := knnBody(t, map[string]any{"use_safety_model": true, "use_violence_detector": true, "aesthetic_score": 9})
	response, err := http.Post(web.URL+"/knn-service", "", strings.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 200, response.StatusCode)
	require.Equal(t, "safety, violence, aesthetic", response.Header.Get("X-Rollcall-Ignored"))
	require.Equal(t, "true", response.Header.Get("X-Rollcall-Exact"))

	_, metrics := send(t, web.URL, exchange{Method: http.MethodGet, Path: "/metrics"})
	require.Contains(t, metrics, `rollcall_models_not_loaded_total{model="aesthetic"} 1`)
	for _, name := range []string{"full_knn_request_time", "download_time", "text_clip_inference_time", "image_clip_inference_time",
		"metadata_get_time", "knn_index_time", "dedup_time", "safety_time", "image_prepro_time", "text_prepro_time"} {
		require.Contains(t, metrics, "\n"+name+"_count")
	}
}

func TestBrowsersAreRefusedUnlessTheirOriginIsListed(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{CORSOrigins: []string{"https://ours.example"}})
	for origin, want := range map[string]string{"https://ours.example": "https://ours.example", "https://theirs.example": ""} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/indices-list", nil)
		require.NoError(t, err)
		request.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.Header.Get("Access-Control-Allow-Origin"))
	}
}

func TestHealth(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{})
	status, _ := send(t, web.URL, exchange{Method: http.MethodGet, Path: "/healthz"})
	require.Equal(t, 200, status)
	status, body := send(t, web.URL, exchange{Method: http.MethodGet, Path: "/readyz"})
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"status":"ready","missing":[],"vector_queries_only":["example_index","second"]}`, body)
}

func TestServeStopsWhenItsContextEnds(t *testing.T) {
	r := readRecording(t)
	s, err := server.New(server.Options{Indices: []server.Index{{Name: "i", Store: r.folder(t), Dimension: r.Data.Dim}}})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	status, _ := send(t, "http://"+listener.Addr().String(), exchange{Method: http.MethodGet, Path: "/healthz"})
	require.Equal(t, 200, status)
	cancel()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(5 * time.Second):
		t.Fatal("the server did not stop")
	}
	require.NoError(t, s.Close())
}

// TestNumbersThatAreNone sends what JSON has no numbers for, and numbers that no float holds.
func TestNumbersThatAreNone(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{})
	for _, number := range []string{"NaN", "Infinity", "-Infinity", "1e999", "null", `"1"`, "[]"} {
		vector := "[" + number + ",0,0,0,0,0,0,0]"
		status, body := post(t, web.URL, "/knn-service", `{"embedding_input":`+vector+`,"modality":"image","num_images":2,"indice_name":""}`)
		if number == "null" { // which JSON's decoders take as 0
			require.Contains(t, body, "all zeros")
		}
		require.Equal(t, 400, status, body)
		requireMessage(t, body)
		status, body = raw(t, http.MethodPost, web.URL+"/v1/indices/second/search", "application/json", `{"vector":`+vector+`}`)
		require.Contains(t, []int{400, 422}, status, body)
	}
}

// TestTenThousandRowsAtOnceAndNotOneMore asks for as many rows as one request may have.
func TestTenThousandRowsAtOnceAndNotOneMore(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{})
	ids := strings.TrimSuffix(strings.Repeat("3,", 10_000), ",")
	status, body := post(t, web.URL, "/metadata", `{"ids":[`+ids+`],"indice_name":""}`)
	require.Equal(t, 200, status)
	require.Equal(t, 10_000, strings.Count(body, `"id":3`))
	status, body = post(t, web.URL, "/metadata", `{"ids":[`+ids+`,3],"indice_name":""}`)
	require.Equal(t, 400, status)
	require.Contains(t, body, "at most 10000")
	status, _ = send(t, web.URL, exchange{Method: http.MethodGet, Path: "/v1/indices/second/rows?ids=" + ids})
	require.Equal(t, 200, status)
	status, _ = send(t, web.URL, exchange{Method: http.MethodGet, Path: "/v1/indices/second/rows?ids=" + ids + ",3"})
	require.Equal(t, 422, status)
}

// TestASlowBodyIsToldSo sends a body that stops, over a real connection, to each kind of route.
func TestASlowBodyIsToldSo(t *testing.T) {
	r := readRecording(t)
	s, err := server.New(server.Options{ReadTimeout: 300 * time.Millisecond, Indices: []server.Index{{Name: "i", Store: r.folder(t), Dimension: r.Data.Dim}}})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	for _, path := range []string{"/knn-service", "/v1/indices/i/search", "/people"} {
		conn, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", path)
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, path)
		require.Equal(t, http.StatusRequestTimeout, response.StatusCode, path)
		require.NoError(t, response.Body.Close())
		require.NoError(t, conn.Close())
	}
	cancel()
	require.NoError(t, <-done)
	require.NoError(t, s.Close())
}

// TestAGigabyteOfUnknownLengthIsCutOff streams JSON without saying how long it is: the service says
// no after its bound, and does not read on.
func TestAGigabyteOfUnknownLengthIsCutOff(t *testing.T) {
	web := readRecording(t).serve(t, server.Options{MaxBody: 1 << 20})
	for _, path := range []string{"/knn-service", "/v1/indices/second/search"} {
		sent := &zeros{}
		sent.left.Store(1 << 30)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+path, sent)
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
		require.Greater(t, sent.left.Load(), int64(1<<29), "what is beyond the bound stays with the sender, but for buffers")
	}
}

// zeros is an array of zeros that is as long as was asked for.
type zeros struct{ left atomic.Int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left.Add(-int64(len(p))) < 0 {
		return 0, io.EOF
	}
	copy(p, bytes.Repeat([]byte("0,"), len(p)/2+1))
	return len(p), nil
}
