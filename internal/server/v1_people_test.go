package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPeopleAreAddedChangedAndRemoved(t *testing.T) {
	base := smallWorld(t)
	status, person := call(t, http.MethodGet, base+"/v1/people/bo", nil)
	require.Equal(t, 200, status)
	require.Equal(t, map[string]any{"id": "bo", "name": "Bo Park", "aliases": []any{"Bobby Park", "B. Park"}, "photos": 0.0}, person)

	status, person = call(t, http.MethodPut, base+"/v1/people/cy", map[string]any{"name": "Cy Ng", "sex": "other", "member": false})
	require.Equal(t, 200, status, person)
	_, all := call(t, http.MethodGet, base+"/v1/people", nil)
	require.Len(t, all["people"], 3)
	status, _ = call(t, http.MethodDelete, base+"/v1/people/cy", nil)
	require.Equal(t, 204, status)
	status, _ = call(t, http.MethodGet, base+"/v1/people/cy", nil)
	require.Equal(t, 404, status)
}

func TestARosterWithFaultsChangesNothing(t *testing.T) {
	base := smallWorld(t)
	status, answer := raw(t, http.MethodPost, base+"/v1/people/import", "text/csv", "id,name,sex\ncy,Cy Ng,purple\ndi,,male\nem,Em Roe,\n")
	require.Equal(t, 422, status)
	require.Contains(t, answer, `"body, line 2"`)
	require.Contains(t, answer, `"body, line 3"`)
	status, _ = call(t, http.MethodGet, base+"/v1/people/em", nil)
	require.Equal(t, 404, status, "the line without a fault is not used either")

	for _, refused := range []struct {
		id   string
		body map[string]any
	}{
		{".hidden", map[string]any{"name": "A B"}},
		{"x", map[string]any{"name": "..."}},
		{"x", map[string]any{"name": "A\u0000B"}},
		{"x", map[string]any{"name": "A B", "aliases": []string{"C|D"}}},
		{"x", map[string]any{"name": "A B", "count": -1}},
	} {
		status, answer := call(t, http.MethodPut, base+"/v1/people/"+refused.id, refused.body)
		require.Equal(t, 422, status, answer)
	}
}

func TestPhotosAreKeptAndShown(t *testing.T) {
	base := smallWorld(t)
	red := string(dot(t, hues[0]))
	status, answer := raw(t, http.MethodPost, base+"/v1/people/ann/photos", "image/png", red)
	require.Equal(t, 201, status, answer)
	_, list := call(t, http.MethodGet, base+"/v1/people/ann/photos", nil)
	url := list["photos"].([]any)[0].(map[string]any)["url"].(string)
	status, content := send(t, base, exchange{Method: http.MethodGet, Path: url})
	require.Equal(t, 200, status)
	require.Equal(t, red, content)

	for _, name := range []string{"upload-000009.png", "upload-000000.jpeg", "..%2F..%2Fetc%2Fpasswd", "x.png"} {
		status, _ := send(t, base, exchange{Method: http.MethodGet, Path: "/v1/people/ann/photos/" + name})
		require.Equal(t, 404, status, name)
	}
	for _, body := range []string{"", "not an image", "\x89PNG\r\n\x1a\n", strings.Repeat("x", 17<<20)} {
		status, _ := raw(t, http.MethodPost, base+"/v1/people/ann/photos", "image/png", body)
		require.Contains(t, []int{400, 413, 422}, status)
	}
	status, _ = raw(t, http.MethodPost, base+"/v1/people/nobody/photos", "image/png", red)
	require.Equal(t, 404, status)
	status, _ = send(t, base, exchange{Method: http.MethodDelete, Path: url})
	require.Equal(t, 204, status)
}

// TestPeopleComeInPages goes through the roster while persons come and go: who stays is given once.
func TestPeopleComeInPages(t *testing.T) {
	base := smallWorld(t)
	roster := "id,name\n"
	for i := range 25 {
		roster += fmt.Sprintf("p%02d,Person %c\n", i, 'A'+i)
	}
	status, answer := raw(t, http.MethodPost, base+"/v1/people/import", "text/csv", roster)
	require.Equal(t, 200, status, answer)
	var ids []any
	next := "/v1/people?limit=10"
	for total := 27.0; next != ""; {
		status, page := call(t, http.MethodGet, base+next, nil)
		require.Equal(t, 200, status, page)
		require.Equal(t, total, page["total"])
		for _, p := range page["people"].([]any) {
			ids = append(ids, p.(map[string]any)["id"])
		}
		next = ""
		if cursor, more := page["next_cursor"]; more {
			next = "/v1/people?limit=10&cursor=" + cursor.(string)
			status, _ := call(t, http.MethodDelete, base+fmt.Sprint("/v1/people/", ids[len(ids)-2]), nil)
			require.Equal(t, 204, status)
			total--
		}
	}
	require.Len(t, ids, 27)
	require.Equal(t, []any{"ann", "bo", "p00"}, ids[:3])
	require.Equal(t, "p24", ids[26])
	status, _ = call(t, http.MethodGet, base+"/v1/people?cursor=forged", nil)
	require.Equal(t, 422, status)
}
