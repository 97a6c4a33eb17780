package vectors

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/retriever"
)

// secretIndex is an index in which one row has content that can be looked for.
func secretIndex(t *testing.T) string {
	rows := []retriever.Row{{ID: 0, Caption: "a dog"}, {ID: 1, Caption: "Jane Secret at home", Key: "k1", URL: "http://x/1", Fields: map[string]any{"by": "Jane Secret"}}, {ID: 2, Caption: "a cat"}}
	return buildIndex(t, []retriever.RowBatch{{Rows: rows, Image: [][]float32{{1, 0}, {0.5, 0.25}, {0, 1}}, Text: [][]float32{{1, 0}, {0.5, 0.25}, {0, 1}}}})
}

// TestForgetLeavesNothing looks for the content of an erased row in every file.
func TestForgetLeavesNothing(t *testing.T) {
	dir := secretIndex(t)
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
	when := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
	done, err := Forget(t.Context(), dir, Order{IDs: []int64{1, 1}, By: "person", Tool: "rollcall 1", When: when}, nil)
	require.NoError(t, err)
	require.Len(t, done, 1)
	require.Equal(t, []int64{1}, done[0].Rows)
	for path, content := range readTree(t, dir) {
		require.NotContains(t, content, "Secret", path)
		require.NotContains(t, content, "\x00\x38\x00\x34", path) // 0.5 and 0.25 as float16
	}
	list, err := os.ReadFile(filepath.Join(dir, RemovedCSV))
	require.NoError(t, err)
	require.Equal(t, "row,key,url\n1,k1,http://x/1\n", string(list))
	columns, err := parquet.ReadFile[Removal](filepath.Join(dir, RemovedParquet))
	require.NoError(t, err)
	require.Equal(t, []Removal{{1, "k1", "http://x/1"}}, columns)

	record, err := os.ReadFile(filepath.Join(dir, ErasuresName))
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(record, &got))
	delete(got, "id")
	require.Equal(t, map[string]any{"when": "2026-03-04T05:06:07Z", "by": "person", "tool": "rollcall 1", "count": 1.0, "rows": []any{1.0}}, got)

	_, err = Forget(t.Context(), dir, Order{IDs: []int64{2}, By: "ids"}, nil)
	require.NoError(t, err)
	list, err = os.ReadFile(filepath.Join(dir, RemovedCSV))
	require.NoError(t, err)
	require.Equal(t, "row,key,url\n1,k1,http://x/1\n2,,\n", string(list), "the list grows")
}

// TestForgetStopped stops an erasure at the other store, as a crash there would, and finishes it:
// the rows are listed and recorded once.
func TestForgetStopped(t *testing.T) {
	dir := secretIndex(t)
	down := errors.New("the other store is away")
	_, err := Forget(t.Context(), dir, Order{IDs: []int64{1}, By: "ids"}, func(context.Context, []int64) error { return down })
	require.ErrorIs(t, err, down)
	n, err := Unfinished(dir)
	require.NoError(t, err)
	require.Equal(t, 1, n)

	// what a process killed after its last file leaves: lists and record are there, the journal too
	journal, err := os.ReadFile(filepath.Join(dir, erasureName))
	require.NoError(t, err)
	var asked [][]int64
	elsewhere := func(_ context.Context, ids []int64) error {
		asked = append(asked, ids)
		return nil
	}
	done, err := Forget(t.Context(), dir, Order{}, elsewhere)
	require.NoError(t, err)
	require.Len(t, done, 1)
	whole := readTree(t, dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, erasureName), journal, 0o600))
	done, err = Forget(t.Context(), dir, Order{IDs: []int64{1, 2}}, elsewhere)
	require.NoError(t, err)
	require.Len(t, done, 2, "the interrupted one, then row 2")
	require.Equal(t, [][]int64{{1}, {1}, {2}}, asked)

	records, err := os.ReadFile(filepath.Join(dir, ErasuresName))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(records), "\n"))
	require.True(t, strings.HasPrefix(string(records), whole[filepath.Join(dir, ErasuresName)]))
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	require.Equal(t, int64(2), report.Erased)
}

// TestForgetKnowsMilvus refuses to erase half of an index.
func TestForgetKnowsMilvus(t *testing.T) {
	dir := secretIndex(t)
	m, err := readManifest(dir)
	require.NoError(t, err)
	m.Store = indexer.StoreInfo{Kind: "milvus"}
	require.NoError(t, writeJSON(filepath.Join(dir, indexer.ManifestName), m))
	before := readTree(t, dir)
	_, err = Forget(t.Context(), dir, Order{IDs: []int64{1}}, nil)
	require.ErrorContains(t, err, "published in Milvus too")
	require.Equal(t, before, readTree(t, dir))
}

// TestForgetKeepsOtherPartitions keeps what was derived of partitions that lose no row, and nothing
// else in that folder.
func TestForgetKeepsOtherPartitions(t *testing.T) {
	dir := buildIndex(t, smallData()) // rows 0 to 2, and 3 and 4
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{OneBit: true}))
	before := readTree(t, filepath.Join(dir, derivedFolder))
	left := filepath.Join(dir, derivedFolder, "metadata", "metadata_0.arrow.tmp")
	require.NoError(t, os.WriteFile(left, []byte("of a killed run"), 0o600))
	require.NoError(t, erase(t.Context(), dir, []int64{4}))
	after := readTree(t, filepath.Join(dir, derivedFolder))
	for path := range before {
		if strings.Contains(filepath.Base(path), "_0.") {
			require.Equal(t, before[path], after[path], path)
			delete(after, path)
		}
	}
	require.Empty(t, after)
	s := openStore(t, dir)
	require.NotNil(t, s.parts[0].imageCodes.halves)
	require.NotNil(t, s.parts[0].arrow)
	require.Nil(t, s.parts[1].imageCodes.halves)
	require.Nil(t, s.parts[1].arrow)
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{OneBit: true}))
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
}

func TestDamagedRemovalListIsKept(t *testing.T) {
	dir := secretIndex(t)
	path := filepath.Join(dir, RemovedCSV)
	require.NoError(t, os.WriteFile(path, []byte("row,key,url\nx,k,u\n"), 0o600))
	_, err := Forget(t.Context(), dir, Order{IDs: []int64{1}}, nil)
	require.ErrorContains(t, err, "nothing was erased: the removal list "+path+" is damaged")
	n, err := Unfinished(dir)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, os.Remove(path))
	require.NoError(t, erase(t.Context(), dir, []int64{1}))
}

func FuzzRemovals(f *testing.F) {
	for _, seed := range []string{"", "row,key,url\n", "row,key,url\n1,a,\"b\n\"\n", "row\n1", "row,key,url\n9223372036854775808,,\n", "\"", "\xff,,\n\xff,,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := parseRemovals("removed.csv", strings.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "removed.csv")
			require.Nil(t, rows)
		}
	})
}
