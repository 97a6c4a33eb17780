package querylog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server/querylog"
)

func open(t *testing.T, path string) *querylog.Log {
	t.Helper()
	log, err := querylog.Open(path)
	require.NoError(t, err)
	return log
}

func lines(t *testing.T, path string) []querylog.Entry {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var entries []querylog.Entry
	for line := range strings.Lines(string(data)) {
		var e querylog.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		entries = append(entries, e)
	}
	return entries
}

func TestEntriesFromManyAtOnceAreWholeLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := open(t, path)
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			for j := range 20 {
				require.NoError(t, log.Append(querylog.Entry{Request: fmt.Sprint(i, "-", j), Text: strings.Repeat("x", 5000)}))
			}
		})
	}
	wait.Wait()
	require.NoError(t, log.Close())
	seen := map[string]bool{}
	for _, e := range lines(t, path) {
		seen[e.Request] = true
	}
	require.Len(t, seen, 50*20)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// TestNoTextForgesAnEntry logs texts with line ends, terminal controls and false JSON.
func TestNoTextForgesAnEntry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := open(t, path)
	hostile := []string{"a\r\n{\"name\":\"forged\"}\n", "\x1b[2J\x07\x00", "\u2028\u2029\u0085", `"}` + "\n", "\xff\xfe"}
	for _, text := range hostile {
		require.NoError(t, log.Append(querylog.Entry{Text: text, Name: text}))
	}
	require.NoError(t, log.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, len(hostile), bytes.Count(data, []byte{'\n'}))
	require.NotContains(t, string(data), "\r")
	require.NotContains(t, string(data), "\x1b")
	require.True(t, utf8.Valid(data))
	require.Equal(t, hostile[0], lines(t, path)[0].Text, "escaped, not changed")
}

func TestACutLineDoesNotSpoilTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, []byte("{\"action\":\"search\"}\n{\"action\":\"sea"), 0o600))
	log := open(t, path)
	require.NoError(t, log.Append(querylog.Entry{Action: "rows"}))
	require.NoError(t, log.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := strings.Split(string(data), "\n")
	require.Len(t, text, 4)
	require.Contains(t, text[2], `"action":"rows"`)
}

func TestReopenGoesOnInANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := open(t, path)
	require.NoError(t, log.Append(querylog.Entry{Action: "first"}))
	require.NoError(t, os.Rename(path, path+".1"))
	require.NoError(t, log.Append(querylog.Entry{Action: "second"}))
	require.NoError(t, log.Reopen())
	require.NoError(t, log.Append(querylog.Entry{Action: "third"}))
	require.NoError(t, log.Close())
	require.Len(t, lines(t, path+".1"), 2)
	require.Len(t, lines(t, path), 1)
	require.Error(t, log.Append(querylog.Entry{}), "a closed log says so")
}

func TestPagesAreTheWholeLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := open(t, path)
	for i := range 100 {
		require.NoError(t, log.Append(querylog.Entry{Text: strings.Repeat("y", i*10)}))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, most := range []int{1, 700, 1 << 20} {
		var got bytes.Buffer
		at := int64(0)
		for {
			before := got.Len()
			next, err := log.Page(&got, at, most)
			require.NoError(t, err)
			if next == at {
				break
			}
			require.Equal(t, byte('\n'), got.Bytes()[got.Len()-1])
			if most > 2000 || bytes.Count(got.Bytes()[before:], []byte{'\n'}) > 1 {
				require.LessOrEqual(t, got.Len()-before, most)
			}
			at = next
		}
		require.Equal(t, string(want), got.String())
	}
	_, err = log.Page(&bytes.Buffer{}, int64(len(want))+1, 10)
	require.ErrorIs(t, err, querylog.ErrOffset)
	require.NoError(t, log.Close())
	_, err = querylog.Open(t.TempDir())
	require.ErrorContains(t, err, "query log")
}
