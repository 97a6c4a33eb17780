package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/internal/server/access"
	"rollcall/internal/server/querylog"
)

// axis is an encoder without a model: a text's vector points along one axis.
type axis struct{ dimension int }

func (a axis) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = make([]float32, a.dimension)
		out[i][len(text)%a.dimension] = 1
	}
	return out, nil
}

func (a axis) EncodeImages(ctx context.Context, images [][]byte) ([][]float32, []error, error) {
	vectors, err := a.EncodeTexts(ctx, make([]string, len(images)))
	failed := make([]error, len(images))
	for i, image := range images {
		if bytes.HasPrefix(image, []byte("broken")) {
			vectors[i], failed[i] = nil, errors.New("not an image")
		}
	}
	return vectors, failed, err
}

// serveWith is serve with an encoder.
func (r recording) serveWith(t *testing.T, options server.Options) *server.Server {
	t.Helper()
	options.Indices = []server.Index{{Name: "lab", Store: r.folder(t), Dimension: r.Data.Dim, Encoder: axis{r.Data.Dim}}}
	s, err := server.New(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func ring(t *testing.T) (*access.Keyring, map[access.Role]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	texts := map[access.Role]string{"": ""}
	for _, role := range []access.Role{access.Read, access.Audit, access.Admin} {
		_, text, err := access.Add(path, "the "+string(role), role)
		require.NoError(t, err)
		texts[role] = text
	}
	keys, err := access.ReadFile(path)
	require.NoError(t, err)
	return access.NewKeyring(keys), texts
}

// TestRolesOpenRoutes asks every kind of route with every role, and twice: before and after the
// key's first use.
func TestRolesOpenRoutes(t *testing.T) {
	keys, texts := ring(t)
	log, err := querylog.Open(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	web := listening(t, readRecording(t).serveWith(t, server.Options{Keys: keys, QueryLog: log}))
	nobody, read, audit, admin := access.Role(""), access.Read, access.Audit, access.Admin
	tests := []struct {
		method, path, body string
		want               map[access.Role]int
	}{
		{"GET", "/healthz", "", map[access.Role]int{nobody: 200, read: 200, admin: 200}},
		{"GET", "/readyz", "", map[access.Role]int{nobody: 200, read: 200, admin: 200}},
		{"GET", "/indices-list", "", map[access.Role]int{nobody: 401, read: 200, audit: 200, admin: 200}},
		{"GET", "/metrics", "", map[access.Role]int{nobody: 401, read: 200}},
		{"POST", "/metadata", `{"ids":[0],"indice_name":""}`, map[access.Role]int{nobody: 401, read: 200, audit: 200, admin: 200}},
		{"POST", "//metadata", `{"ids":[0],"indice_name":""}`, map[access.Role]int{nobody: 401, read: 200}},
		{"GET", "/query-log", "", map[access.Role]int{nobody: 401, read: 403, audit: 403, admin: 200}},
		{"GET", "//query-log", "", map[access.Role]int{nobody: 401, read: 403, audit: 403, admin: 200}},
		{"DELETE", "/query-log", "", map[access.Role]int{nobody: 401, read: 403, audit: 405, admin: 405}},
		{"PUT", "/query-log", "{}", map[access.Role]int{nobody: 401, read: 403, audit: 405, admin: 405}},
		{"GET", "/nothing", "", map[access.Role]int{nobody: 401, read: 404}},
		{"GET", "/v1/indices", "", map[access.Role]int{nobody: 401, read: 200}},
	}
	for range 2 {
		for _, test := range tests {
			for role, want := range test.want {
				request, err := http.NewRequestWithContext(t.Context(), test.method, web+test.path, strings.NewReader(test.body))
				require.NoError(t, err)
				if role != "" {
					request.SetBasicAuth("anybody", texts[role])
				}
				response, err := http.DefaultClient.Do(request)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				if test.path == "/query-log" && test.method != "GET" && role == read {
					require.GreaterOrEqual(t, response.StatusCode, 403)
					continue
				}
				require.Equal(t, want, response.StatusCode, "%s %s as %q", test.method, test.path, role)
				if want == 401 {
					require.Contains(t, response.Header.Get("WWW-Authenticate"), "Basic")
				}
			}
		}
	}
}

// TestGuessersHaveToWait sends wrong keys until the address is told to wait, after which the right
// key has to wait too, and a request without a key is still answered.
func TestGuessersHaveToWait(t *testing.T) {
	keys, texts := ring(t)
	web := listening(t, readRecording(t).serveWith(t, server.Options{Keys: keys}))
	right := texts[access.Read]
	wrong := right[:len(right)-2] + "AA"
	statuses := map[int]int{}
	for range 15 {
		status, header := get(t, web+"/indices-list", wrong)
		statuses[status]++
		if status == 429 {
			require.NotEmpty(t, header.Get("Retry-After"))
		}
	}
	require.Equal(t, map[int]int{401: 10, 429: 5}, statuses)
	status, _ := get(t, web+"/indices-list", right)
	require.Equal(t, 429, status)
	status, _ = get(t, web+"/healthz", "")
	require.Equal(t, 200, status)
}

func TestRatesOfKeysAndAddresses(t *testing.T) {
	keys, texts := ring(t)
	r := readRecording(t)
	for name, options := range map[string]server.Options{"key": {Keys: keys, KeyRate: 1}, "address": {AddressRate: 1}} {
		t.Run(name, func(t *testing.T) {
			web := listening(t, r.serveWith(t, options))
			statuses := map[int]int{}
			for range 15 {
				status, header := get(t, web+"/indices-list", texts[access.Read])
				statuses[status]++
				if status == 429 {
					require.Equal(t, "1", header.Get("Retry-After"))
				}
			}
			require.InDelta(t, 10, statuses[200], 1, "ten at once, then one a second")
			require.Equal(t, 15, statuses[200]+statuses[429])
			if name == "key" {
				status, _ := get(t, web+"/indices-list", texts[access.Audit])
				require.Equal(t, 200, status, "another key has its own rate")
			}
		})
	}
}

// TestOtherPagesCannotUseTheService posts from a strange origin, and asks by a host name that was
// made to lead to loopback.
func TestOtherPagesCannotUseTheService(t *testing.T) {
	web := listening(t, readRecording(t).serveWith(t, server.Options{CORSOrigins: []string{"https://ours.example"}, Hosts: []string{"rollcall.lan"}}))
	tests := []struct {
		name, host string
		headers    map[string]string
		want       int
	}{
		{"a program", "", nil, 200},
		{"our page", "", map[string]string{"Origin": "https://ours.example", "Sec-Fetch-Site": "cross-site"}, 200},
		{"another page", "", map[string]string{"Origin": "https://theirs.example", "Sec-Fetch-Site": "cross-site"}, 403},
		{"another page, old browser", "", map[string]string{"Origin": "https://theirs.example"}, 403},
		{"the same machine's name", "localhost:1234", nil, 200},
		{"a listed name", "rollcall.lan", nil, 200},
		{"a rebound name", "theirs.example", nil, 421},
		{"a rebound name with a port", "theirs.example:1234", nil, 421},
		{"a name that begins like loopback", "127.0.0.1.theirs.example", nil, 421},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web+"/metadata", strings.NewReader(`{"ids":[],"indice_name":""}`))
			require.NoError(t, err)
			request.Host = test.host
			for name, value := range test.headers {
				request.Header.Set(name, value)
			}
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, test.want, response.StatusCode)
		})
	}
}

// pngHeader begins an image that says it has a size.
func pngHeader(width, height uint32) []byte {
	chunk := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(chunk[4:], width)
	binary.BigEndian.PutUint32(chunk[8:], height)
	chunk[12], chunk[13] = 8, 6
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

// fetched is a fetcher that has what it has.
type fetched map[string]string

func (f fetched) Get(_ context.Context, url string) ([]byte, error) {
	data, ok := f[url]
	if !ok {
		return nil, errors.New("the address could not be fetched")
	}
	return []byte(data), nil
}

// TestSearchesAreLoggedAndTheServiceLogIsSilent asks in every way; each search is a line of the
// query log, and nothing of any is in the service's log.
func TestSearchesAreLoggedAndTheServiceLogIsSilent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	queries, err := querylog.Open(path)
	require.NoError(t, err)
	var service lockedBuffer
	r := readRecording(t)
	web := listening(t, r.serveWith(t, server.Options{
		QueryLog: queries, Log: slog.New(slog.NewJSONHandler(&service, nil)), Fetcher: fetched{"http://x.example/secret.jpg": "bytes", "http://x.example/bomb": string(pngHeader(100_000, 100_000))},
	}))
	encoded := base64.StdEncoding.EncodeToString
	tests := []struct {
		name   string
		fields map[string]any
		status int
		says   string
		entry  querylog.Entry
	}{
		{"text with line ends", map[string]any{"text": "Jo\r\nDoe\x1b[2J\u2028"}, 200, "", querylog.Entry{Text: "Jo\r\nDoe\x1b[2J\u2028"}},
		{"invalid UTF-8", map[string]any{"text": "Jo \xff"}, 200, "", querylog.Entry{Text: "Jo \ufffd"}},
		// sha256sum of the three bytes "img"
		{"image", map[string]any{"image": encoded([]byte("img"))}, 200, "", querylog.Entry{Image: "b29814cf5792e684cd75d6a7fce7a67a11887e312f87ca2ac2496d81f365ff72"}},
		{"image_url", map[string]any{"image_url": "http://x.example/secret.jpg"}, 200, "", querylog.Entry{URL: "http://x.example/secret.jpg"}},
		{"vector", map[string]any{"embedding_input": []float64{1, 0, 0, 0, 0, 0, 0, 0}}, 200, "", querylog.Entry{}},
		{"broken image", map[string]any{"image": encoded([]byte("broken"))}, 400, "cannot be used", querylog.Entry{}},
		{"image_url that is not there", map[string]any{"image_url": "http://x.example/other"}, 400, "could not be fetched", querylog.Entry{}},
		{"100,000 x 100,000 pixels", map[string]any{"image": encoded(pngHeader(100_000, 100_000))}, 413, "100000 x 100000 pixels", querylog.Entry{}},
		{"pixels by image_url", map[string]any{"image_url": "http://x.example/bomb"}, 413, "pixels", querylog.Entry{}},
		{"an image of 17 MiB", map[string]any{"image": encoded(make([]byte, 17<<20))}, 413, "bytes", querylog.Entry{}},
		{"a very long text", map[string]any{"text": strings.Repeat("x", 1<<20)}, 400, "more than", querylog.Entry{}},
	}
	var wanted []querylog.Entry
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fields := map[string]any{"modality": "image", "num_images": 2, "indice_name": ""}
			for name, value := range test.fields {
				fields[name] = value
			}
			data, err := json.Marshal(fields)
			require.NoError(t, err)
			body := strings.ReplaceAll(string(data), "Jo \\ufffd", "Jo \xff") // as a client sends it that does not escape
			status, answer := post(t, web, "/knn-service", body)
			require.Equal(t, test.status, status, answer)
			require.Contains(t, answer, test.says)
			if status == 200 {
				wanted = append(wanted, test.entry)
			} else {
				requireMessage(t, answer)
			}
		})
	}
	require.NoError(t, queries.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	require.Len(t, lines, len(wanted))
	for i, line := range lines {
		var got querylog.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &got))
		require.Equal(t, []any{"search", "lab", 2, 2, "127.0.0.1"}, []any{got.Action, got.Index, got.Asked, got.Results, got.Address})
		require.Equal(t, []string{wanted[i].Text, wanted[i].URL}, []string{got.Text, got.URL})
		if wanted[i].Image != "" {
			require.Equal(t, wanted[i].Image, got.Image)
		}
		require.Contains(t, service.String(), got.Request, "the logs share the request's ID")
	}
	for _, secret := range []string{"Jo", "Doe", "secret.jpg", "127.0.0.1", "x.example"} {
		require.NotContains(t, service.String(), secret)
	}
}

// TestWithoutItsLogNothingIsAnswered closes the query log under the service.
func TestWithoutItsLogNothingIsAnswered(t *testing.T) {
	queries, err := querylog.Open(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	web := listening(t, readRecording(t).serveWith(t, server.Options{QueryLog: queries}))
	require.NoError(t, queries.Close())
	status, body := post(t, web, "/metadata", `{"ids":[0],"indice_name":""}`)
	require.Equal(t, 503, status)
	require.Contains(t, body, "query log")
	require.NotContains(t, body, "caption")
}

// TestAdminReadsTheQueryLogInPages follows the offsets to the end.
func TestAdminReadsTheQueryLogInPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	queries, err := querylog.Open(path)
	require.NoError(t, err)
	for i := range 30 {
		require.NoError(t, queries.Append(querylog.Entry{Text: strings.Repeat("x", 100_000), Asked: i}))
	}
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	web := listening(t, readRecording(t).serveWith(t, server.Options{QueryLog: queries}))
	got, at := "", "0"
	for len(got) < len(before) {
		response, err := http.Get(web + "/query-log?from=" + at)
		require.NoError(t, err)
		page, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.LessOrEqual(t, len(page), 1<<20)
		at = response.Header.Get("X-Rollcall-Next")
		got += string(page)
	}
	require.True(t, strings.HasPrefix(got, string(before)))
	for _, from := range []string{"-1", "x", fmt.Sprint(1 << 40)} {
		status, _ := get(t, web+"/query-log?from="+from, "")
		require.Equal(t, 400, status)
	}
	require.NoError(t, queries.Close())
}

// TestForwardedAddressesAreBelievedOfProxiesAlone asks through a configured proxy and past it. The
// address in the query log is the last one that no proxy of ours has: what a client wrote in front of
// it is its own invention.
func TestForwardedAddressesAreBelievedOfProxiesAlone(t *testing.T) {
	for name, test := range map[string]struct {
		proxies   []string
		forwarded string
		want      string
	}{
		"no proxy is configured":   {nil, "203.0.113.7", "127.0.0.1"},
		"another one is":           {[]string{"192.0.2.1"}, "203.0.113.7", "127.0.0.1"},
		"this one is":              {[]string{"127.0.0.1"}, "203.0.113.7", "203.0.113.7"},
		"by its network":           {[]string{"127.0.0.0/8"}, "203.0.113.7", "203.0.113.7"},
		"the client wrote one too": {[]string{"127.0.0.1"}, "8.8.8.8, 203.0.113.7", "203.0.113.7"},
		"two proxies":              {[]string{"127.0.0.1", "192.0.2.1"}, "203.0.113.7, 192.0.2.1", "203.0.113.7"},
		"what is no address":       {[]string{"127.0.0.1"}, "unknown", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			queries, err := querylog.Open(path)
			require.NoError(t, err)
			web := listening(t, readRecording(t).serveWith(t, server.Options{QueryLog: queries, Proxies: test.proxies}))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web+"/metadata", strings.NewReader(`{"ids":[0],"indice_name":""}`))
			require.NoError(t, err)
			request.Header.Set("X-Forwarded-For", test.forwarded)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, 200, response.StatusCode)
			require.NoError(t, queries.Close())
			line, err := os.ReadFile(path)
			require.NoError(t, err)
			var entry querylog.Entry
			require.NoError(t, json.Unmarshal(line, &entry))
			require.Equal(t, test.want, entry.Address)
		})
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
