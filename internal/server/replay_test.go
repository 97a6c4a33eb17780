package server_test

import (
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"rollcall/internal/peers"
	"rollcall/internal/server"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// recording is what the real clip-retrieval 2.45.0 answered, and the index that it answered from.
type recording struct {
	Data struct {
		Dim          int              `json:"dim"`
		ImageVectors [][]float32      `json:"image_vectors"`
		TextVectors  [][]float32      `json:"text_vectors"`
		Metadata     []map[string]any `json:"metadata"`
	} `json:"data"`
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	Name         string            `json:"name"`
	Method       string            `json:"method"`
	Path         string            `json:"path"`
	Headers      map[string]string `json:"headers"`
	RequestBody  *string           `json:"request_body"`
	Status       int               `json:"status"`
	ResponseBody string            `json:"response_body"`
}

func readRecording(t *testing.T) recording {
	t.Helper()
	data, err := os.ReadFile("../../../shared/fixtures/clip-retrieval/clip_back_exchanges.json")
	if err != nil {
		peers.Absent(t, "the recorded exchanges are not here: %v", err)
	}
	var r recording
	require.NoError(t, json.Unmarshal(data, &r))
	require.NotEmpty(t, r.Exchanges)
	return r
}

// folder writes the recording's index as an embedding folder and opens it.
func (r recording) folder(t *testing.T) *vectors.Store {
	t.Helper()
	dir := t.TempDir()
	w, err := vectors.NewPartitionWriter(dir, 0, 1, r.Data.Dim, true, true)
	require.NoError(t, err)
	for i, fields := range r.Data.Metadata {
		text := func(name string) string { s, _ := fields[name].(string); return s }
		row := retriever.Row{ID: int64(i), Caption: text("caption"), URL: text("url"), ImagePath: text("image_path"), Fields: fields}
		require.NoError(t, w.Append(r.Data.ImageVectors[i], r.Data.TextVectors[i], row))
	}
	_, err = w.Close()
	require.NoError(t, err)
	store, err := vectors.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// imageRoot holds the one image that the recording's rows name: 4 x 4 red pixels.
func imageRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "images"), 0o700))
	red := image.NewRGBA(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		red.Set(i%4, i/4, color.RGBA{R: 255, A: 255})
	}
	f, err := os.Create(filepath.Join(root, "images", "red.jpg"))
	require.NoError(t, err)
	require.NoError(t, jpeg.Encode(f, red, nil))
	require.NoError(t, f.Close())
	return root
}

func (r recording) serve(t *testing.T, options server.Options) *httptest.Server {
	t.Helper()
	store := r.folder(t)
	for _, name := range []string{"example_index", "second"} {
		options.Indices = append(options.Indices, server.Index{Name: name, Store: store, Dimension: r.Data.Dim})
	}
	s, err := server.New(options)
	require.NoError(t, err)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() { web.Close(); require.NoError(t, s.Close()) })
	return web
}

// TestRecordedExchanges replays every request and compares the answers: the same JSON (inlined
// images by decoding them) where clip-retrieval answered, its status where it refused a request,
// and a 4xx with a message where it failed with a 500.
func TestRecordedExchanges(t *testing.T) {
	r := readRecording(t)
	web := r.serve(t, server.Options{ImageRoots: []string{imageRoot(t)}, CORSOrigins: []string{"*"}})
	for _, e := range r.Exchanges {
		t.Run(e.Name, func(t *testing.T) {
			status, body := send(t, web.URL, e)
			switch {
			case e.Status == http.StatusInternalServerError:
				require.GreaterOrEqual(t, status, 400)
				require.Less(t, status, 500)
				requireMessage(t, body)
			case e.Status >= 400:
				require.Equal(t, e.Status, status)
				requireMessage(t, body)
			case e.Path == "/config.json":
				require.Equal(t, e.Status, status)
				requireSameKeys(t, e.ResponseBody, body)
			case e.ResponseBody == "":
				require.Equal(t, e.Status, status)
			default:
				require.Equal(t, e.Status, status)
				requireSameJSON(t, e.ResponseBody, body)
			}
		})
	}
}

func send(t *testing.T, base string, e exchange) (int, string) {
	t.Helper()
	var body io.Reader
	if e.RequestBody != nil {
		body = strings.NewReader(*e.RequestBody)
	}
	request, err := http.NewRequestWithContext(t.Context(), e.Method, base+e.Path, body)
	require.NoError(t, err)
	for name, value := range e.Headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func requireMessage(t *testing.T, body string) {
	t.Helper()
	var answer struct{ Message string }
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	require.NotEmpty(t, answer.Message)
}

func requireSameKeys(t *testing.T, want, got string) {
	t.Helper()
	var a, b map[string]any
	require.NoError(t, json.Unmarshal([]byte(want), &a))
	require.NoError(t, json.Unmarshal([]byte(got), &b))
	for key := range a {
		require.Contains(t, b, key)
	}
}

// requireSameJSON compares structurally. clip-retrieval does not normalise stored float16 rows,
// whose squared norms lie within 0.9997 and 1.0003, so that its similarities are off by as much.
func requireSameJSON(t *testing.T, want, got string) {
	t.Helper()
	var a, b any
	require.NoError(t, json.Unmarshal([]byte(want), &a))
	require.NoError(t, json.Unmarshal([]byte(got), &b), got)
	images := cmp.FilterPath(func(p cmp.Path) bool {
		key, ok := p.Last().(cmp.MapIndex)
		return ok && key.Key().String() == "image"
	}, cmp.Comparer(func(x, y any) bool { return decodes(x) && decodes(y) }))
	if diff := cmp.Diff(a, b, images, cmpopts.EquateApprox(0, 3e-4)); diff != "" {
		t.Fatalf("recorded (-) and ours (+) differ:\n%s", diff)
	}
}

func decodes(value any) bool {
	text, ok := value.(string)
	if !ok {
		return false
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	decoded, err := jpeg.Decode(strings.NewReader(string(data)))
	return err == nil && decoded.Bounds().Dx() == 4 && decoded.Bounds().Dy() == 4
}
