package server_test

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// page asks for a page and gives it with its headers.
func page(t *testing.T, address string) (int, http.Header, string) {
	t.Helper()
	response, err := http.Get(address)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(text)
}

// submit posts a form with files and follows to the page after it.
func submit(t *testing.T, address string, fields map[string]string, files map[string][]byte) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		require.NoError(t, form.WriteField(name, value))
	}
	for name, content := range files {
		part, err := form.CreateFormFile(name, name+".csv")
		require.NoError(t, err)
		_, err = part.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, form.Close())
	response, err := http.Post(address, form.FormDataContentType(), &body)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func TestEveryPageForbidsWhatIsNotItsOwn(t *testing.T) {
	base := smallWorld(t)
	for _, path := range []string{"/", "/people", "/people/ann", "/audits", "/indices", "/people/nobody"} {
		_, header, text := page(t, base+path)
		require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"), path)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		for _, outside := range []string{`src="http`, `href="http`, "<style", "onclick", "javascript:"} {
			require.NotContains(t, text, outside, path)
		}
		require.Equal(t, 1, strings.Count(text, "<h1"), path)
		require.Contains(t, text, `<html lang="en">`)
	}
}

// TestWhatComesFromOutsideIsText puts markup into names, captions, queries and uploaded file names.
func TestWhatComesFromOutsideIsText(t *testing.T) {
	base := smallWorld(t)
	hostile := `<img src=x onerror=alert(1)>"'><script>alert(2)</script>`
	status, answer := call(t, http.MethodPut, base+"/v1/people/evil", map[string]any{"name": hostile, "aliases": []string{hostile}})
	require.Equal(t, 200, status, answer)
	require.Equal(t, "done", ended(t, base, beginCount(t, base))["state"])
	texts := []string{}
	for _, path := range []string{"/people", "/people/evil", "/people/ann", "/?like=" + url.QueryEscape(hostile), "/people/" + url.PathEscape(hostile)} {
		_, _, text := page(t, base+path)
		texts = append(texts, text)
	}
	_, searched := submit(t, base+"/", map[string]string{"q": hostile, "index": "small"}, nil)
	_, imported := submit(t, base+"/people/import", nil, map[string][]byte{"roster": []byte("id,name,sex\nx,X Y," + strings.ReplaceAll(hostile, `"`, "") + "\n")})
	for _, text := range append(texts, searched, imported) {
		require.NotContains(t, text, "<img src=x")
		require.NotContains(t, text, "<script>alert")
	}
	require.Contains(t, texts[2], "<mark>Ann Lee</mark> with Bo Park &lt;b&gt;tonight&lt;/b&gt;", "the matched words are marked and the caption's markup is text")
}

// TestHostileRowsAreText serves rows whose caption, URL, path and key are markup and scripts.
func TestHostileRowsAreText(t *testing.T) {
	hostile := `</p><script>alert(1)</script><img src=x onerror=alert(2)> Ann Lee`
	dir := t.TempDir()
	w, err := vectors.NewPartitionWriter(dir, 0, 1, len(hues), true, true)
	require.NoError(t, err)
	for i := range int64(3) {
		row := retriever.Row{ID: i, Caption: hostile, URL: "javascript:alert(3)", Key: hostile, ImagePath: `"><script>alert(4)</script>`, Fields: map[string]any{"x": hostile}}
		require.NoError(t, w.Append(direction(int(i)), direction(int(i)), row))
	}
	_, err = w.Close()
	require.NoError(t, err)
	opened, err := vectors.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	base := smallWorld(t, func(o *server.Options) {
		o.Indices = []server.Index{{Name: "small", Store: opened, Dimension: len(hues), Encoder: colours{}, Counter: opened, Captions: opened}}
	})
	require.Equal(t, "done", ended(t, base, beginCount(t, base))["state"])
	_, found := submit(t, base+"/", map[string]string{"q": "x", "index": "small"}, nil)
	_, _, like := page(t, base+"/?like=0&index=small")
	_, _, person := page(t, base+"/people/ann?index=small")
	for _, text := range []string{found, like, person} {
		require.Contains(t, text, "alert(1)", "the caption is shown")
		require.NotContains(t, text, "<script>")
		require.NotContains(t, text, "<img src=x")
		require.NotContains(t, text, "javascript:")
	}
	require.Contains(t, person, "<mark>Ann Lee</mark>")
	_, header, _ := page(t, base+"/v1/indices/small/rows/0")
	require.Equal(t, []string{"application/json", "nosniff"}, []string{header.Get("Content-Type"), header.Get("X-Content-Type-Options")})
}

func beginCount(t *testing.T, base string) map[string]any {
	t.Helper()
	status, job := call(t, http.MethodPost, base+"/v1/counts", map[string]any{"index": "small"})
	require.Equal(t, 202, status, job)
	return job
}

func TestSearchPageShowsRowsForAPicture(t *testing.T) {
	base := smallWorld(t)
	status, text := submit(t, base+"/", map[string]string{"index": "small", "modality": "image"}, map[string][]byte{"picture": dot(t, hues[3])})
	require.Equal(t, 200, status)
	first := text[strings.Index(text, `<ol class="grid">`):]
	first = first[:strings.Index(first, "</li>")]
	require.Contains(t, first, "/image/small/3", "the row with the picture's colour comes first")
	require.Contains(t, first, "1.000")
	status, text = submit(t, base+"/", map[string]string{"index": "small"}, map[string][]byte{"picture": []byte("no picture")})
	require.Equal(t, 422, status)
	require.Contains(t, text, `role="alert"`)
}

// TestTheSearchPageBeginsWithRows: a service without a model has no other way into its index.
func TestTheSearchPageBeginsWithRows(t *testing.T) {
	base := smallWorld(t)
	_, _, text := page(t, base+"/?index=bare")
	require.Equal(t, len(captions), strings.Count(text, `class="like"`), "all rows of a small index")
	link := regexp.MustCompile(`class="like" href="([^"]*like=3&[^"]*)"`).FindStringSubmatch(text)
	require.NotNil(t, link)
	_, _, text = page(t, base+html.UnescapeString(link[1]))
	require.Contains(t, text, "nearest rows of bare, like row 3")
	require.Less(t, strings.Index(text, "row 3</span>"), strings.Index(text, "row 0</span>"), "itself first")
}

// TestPersonPageFollowsAMark goes by the forms alone: mark a row, see the count, take it back.
func TestPersonPageFollowsAMark(t *testing.T) {
	base := smallWorld(t)
	require.Equal(t, "done", ended(t, base, beginCount(t, base))["state"])
	for i, want := range []string{"<dt>Mentions</dt><dd>3</dd>", "<dt>Mentions</dt><dd>4</dd>"} {
		status, text := submit(t, base+"/people/ann/mark", map[string]string{"index": "small", "kind": "mention", "row": "5", "wrong": []string{"yes", "no"}[i]}, nil)
		require.Equal(t, 200, status)
		require.Contains(t, text, want)
	}
	status, text := submit(t, base+"/people/ann", map[string]string{"name": "Ann Leigh", "aliases": "Annie\nA. Lee"}, nil)
	require.Equal(t, 200, status)
	require.Contains(t, text, "<h1>Ann Leigh</h1>")
	_, person := call(t, http.MethodGet, base+"/v1/people/ann", nil)
	require.Equal(t, []any{"Annie", "A. Lee"}, person["aliases"])
	require.EqualValues(t, 4, person["count"], "what the form does not show stays")
}

func TestPeoplePageSortsPersonsWithoutAFigureLast(t *testing.T) {
	base := smallWorld(t)
	require.Equal(t, "done", ended(t, base, beginCount(t, base))["state"])
	_, _ = call(t, http.MethodPut, base+"/v1/people/zed", map[string]any{"name": "Aaron Zed"})
	for sort, want := range map[string][]string{
		"name": {"zed", "ann", "bo"}, "-name": {"bo", "ann", "zed"}, "mentions": {"bo", "ann", "zed"}, "-mentions": {"ann", "bo", "zed"},
	} {
		_, _, text := page(t, base+"/people?sort="+sort)
		at := -1
		for _, id := range want {
			next := strings.Index(text, fmt.Sprintf(`href="/people/%s?`, id))
			require.Greater(t, next, at, "%s: %s", sort, id)
			at = next
		}
	}
}

func TestOtherSitesCannotPostToPages(t *testing.T) {
	base := smallWorld(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/people/ann/delete", nil)
	require.NoError(t, err)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 403, response.StatusCode)
	status, _ := call(t, http.MethodGet, base+"/v1/people/ann", nil)
	require.Equal(t, 200, status)
}

// TestALongRosterIsShownInPages goes through 402 persons, 200 a page, and finds one by an alias.
func TestALongRosterIsShownInPages(t *testing.T) {
	base := smallWorld(t)
	roster := "id,name,aliases\n"
	for i := range 400 {
		roster += fmt.Sprintf("p%03d,Person %c%c,Nick%03d\n", i, 'A'+i/26, 'a'+i%26, i)
	}
	status, answer := raw(t, http.MethodPost, base+"/v1/people/import", "text/csv", roster)
	require.Equal(t, 200, status, answer)
	shown := map[string]bool{}
	next := "/people?sort=name"
	for pages := 0; next != ""; pages++ {
		require.Less(t, pages, 3)
		_, _, text := page(t, base+next)
		require.Contains(t, text, "402 on the roster")
		for _, id := range regexp.MustCompile(`<th scope="row"><a href="/people/([^?]+)`).FindAllStringSubmatch(text, -1) {
			shown[id[1]] = true
		}
		next = ""
		if link := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(text); link != nil {
			next = html.UnescapeString(link[1])
		}
	}
	require.Len(t, shown, 402)
	_, _, text := page(t, base+"/people?q=nick123")
	require.Contains(t, text, "402 on the roster, 1 called nick123")
	require.Contains(t, text, "/people/p123?")
	_, _, text = page(t, base+"/people?q=nobody&page=99")
	require.Contains(t, text, "0 called nobody")
}
