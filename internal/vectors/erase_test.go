package vectors

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/retriever"
)

// erase is Forget without what only the command needs.
func erase(ctx context.Context, dir string, ids []int64) error {
	_, err := Forget(ctx, dir, Order{IDs: ids, By: "ids"}, nil)
	return err
}

func TestEraseIndex(t *testing.T) {
	dir := buildIndex(t, smallData())
	before := readTree(t, dir)
	require.NoError(t, erase(t.Context(), dir, []int64{4, 3, 4}))
	after := readTree(t, dir)

	m, err := readManifest(dir)
	require.NoError(t, err)
	require.Equal(t, []int64{3, 4}, m.Erased)
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	require.Equal(t, int64(2), report.Erased)
	for _, name := range []string{"img_emb/img_emb_0.npy", "text_emb/text_emb_0.npy", "metadata/metadata_0.parquet"} {
		path := filepath.Join(dir, name)
		require.Equal(t, before[path], after[path], "%s holds none of the rows", name)
	}
	require.Len(t, after, len(before)+3, "the removal list, twice, and the record")
	// both rows of partition 1 are gone: 2 rows of 2 dimensions of 2 bytes
	require.Equal(t, string(make([]byte, 8)), after[filepath.Join(dir, "img_emb/img_emb_1.npy")][128:])

	require.NoError(t, erase(t.Context(), dir, []int64{3}))
	require.Equal(t, after, readTree(t, dir), "erasing again changes nothing")
	err = erase(t.Context(), dir, []int64{0, 5})
	require.ErrorContains(t, err, "no row 5")
	require.Equal(t, after, readTree(t, dir), "an unknown row stops everything")
}

// TestEraseInterrupted stops an erasure when its record is written and no file is.
func TestEraseInterrupted(t *testing.T) {
	dir := buildIndex(t, smallData())
	require.NoError(t, writeJSON(filepath.Join(dir, erasureName), erasure{Rows: []int64{1}}))

	s := openStore(t, dir)
	rows, err := s.Get(t.Context(), []int64{0, 1})
	require.NoError(t, err)
	require.Equal(t, retriever.Row{ID: 1, Erased: true}, rows[1])
	hits, _, err := s.TopK(t.Context(), retriever.Image, [][]float32{{0, 1}}, 5)
	require.NoError(t, err)
	require.Len(t, hits[0], 4)
	vectors, err := s.Vectors(t.Context(), retriever.Image, []int64{1})
	require.NoError(t, err)
	require.Equal(t, []float32{0, 0}, vectors[0])
	require.NoError(t, s.Captions(t.Context(), func(c retriever.CaptionRow) error {
		require.Equal(t, c.Row == 1, c.Null)
		return nil
	}))
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Equal(t, "erasing.json: the removal of 1 rows was interrupted; run `rollcall forget` again to finish the removal", report.Findings[0].String())

	require.NoError(t, erase(t.Context(), dir, nil))
	report, err = Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	require.Equal(t, int64(1), report.Erased)
}

// TestEraseKilled makes every state that a process killed while erasing can leave: some files
// replaced and some not, index.json old or new. Each hides the row at once, and the next erasure
// brings the folder to where an undisturbed one ends.
func TestEraseKilled(t *testing.T) {
	original := buildIndex(t, smallData())
	whole := copyFolder(t, original)
	require.NoError(t, erase(t.Context(), whole, []int64{4}))
	want, err := os.ReadFile(filepath.Join(whole, indexer.ManifestName))
	require.NoError(t, err)

	replaced := []string{"img_emb/img_emb_1.npy", "text_emb/text_emb_1.npy", "metadata/metadata_1.parquet", indexer.ManifestName}
	for done := range len(replaced) + 1 {
		dir := copyFolder(t, original)
		require.NoError(t, writeJSON(filepath.Join(dir, erasureName), erasure{Rows: []int64{4}}))
		for _, name := range replaced[:done] {
			content, err := os.ReadFile(filepath.Join(whole, name))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		}
		// a half-written next file
		require.NoError(t, os.WriteFile(filepath.Join(dir, replaced[0]+".tmp"), []byte("half"), 0o600))

		rows, err := openStore(t, dir).Get(t.Context(), []int64{3, 4})
		require.NoError(t, err)
		require.Equal(t, "d", rows[0].Key)
		require.Equal(t, retriever.Row{ID: 4, Erased: true}, rows[1], "after %d files", done)

		require.NoError(t, erase(t.Context(), dir, nil))
		got, err := os.ReadFile(filepath.Join(dir, indexer.ManifestName))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "after %d files", done)
		report, err := Verify(t.Context(), dir)
		require.NoError(t, err)
		require.Empty(t, report.Findings, "after %d files", done)
	}
}

func TestEraseCancelled(t *testing.T) {
	dir := buildIndex(t, smallData())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, erase(ctx, dir, []int64{2}), context.Canceled)
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
}

// TestEraseReal erases from what clip-retrieval wrote: types, lists and order of columns stay.
func TestEraseReal(t *testing.T) {
	dir := copyFolder(t, fixture(t, "clip-retrieval/run_2_45/emb_p2"))
	path := filepath.Join(dir, "metadata/metadata_1.parquet")
	before, err := openMetadata(path)
	require.NoError(t, err)
	keep, err := openStore(t, dir).Get(t.Context(), []int64{0, 20, 32})
	require.NoError(t, err)
	require.NoError(t, erase(t.Context(), dir, []int64{19, 31}))

	after, err := openMetadata(path)
	require.NoError(t, err)
	require.Len(t, after.columns, len(before.columns))
	for i, c := range before.columns {
		require.Equal(t, c.name, after.columns[i].name)
		require.Equal(t, c.typ.Kind(), after.columns[i].typ.Kind(), c.name)
	}
	require.Equal(t, before.parquet.KeyValues(), after.parquet.KeyValues())
	require.NoError(t, before.close())
	require.NoError(t, after.close())

	s := openStore(t, dir)
	rows, err := s.Get(t.Context(), []int64{0, 20, 32, 19, 31})
	require.NoError(t, err)
	require.Equal(t, keep, rows[:3])
	require.Equal(t, []retriever.Row{{ID: 19, Erased: true}, {ID: 31, Erased: true}}, rows[3:])
}

// TestEraseRequired erases from a file whose columns must have values.
func TestEraseRequired(t *testing.T) {
	type row struct {
		Caption string   `parquet:"caption"`
		N       int64    `parquet:"n"`
		Maybe   *float64 `parquet:"maybe,optional"`
		List    []int64  `parquet:"list,list"`
	}
	half := 0.5
	dir := bareFolder(t, map[string]int{"img_emb/img_emb_0.npy": 3}, nil)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "metadata"), 0o755))
	require.NoError(t, parquet.WriteFile(filepath.Join(dir, "metadata/metadata_0.parquet"),
		[]row{{"a", 1, &half, []int64{7, 8}}, {"b", 2, nil, []int64{9}}, {"c", 3, nil, nil}}))
	require.NoError(t, erase(t.Context(), dir, []int64{1}))
	rows, err := openStore(t, dir).Get(t.Context(), []int64{0, 1, 2})
	require.NoError(t, err)
	require.Equal(t, []retriever.Row{
		{ID: 0, Caption: "a", Fields: map[string]any{"n": int64(1), "maybe": 0.5, "list": []any{int64(7), int64(8)}}},
		{ID: 1, Erased: true},
		{ID: 2, Caption: "c", Fields: map[string]any{"n": int64(3)}},
	}, rows)
}

func TestLock(t *testing.T) {
	dir := buildIndex(t, smallData())
	unlock, err := Lock(dir)
	require.NoError(t, err)
	_, err = Lock(dir)
	require.ErrorContains(t, err, "another rollcall is writing to "+dir)
	require.ErrorContains(t, erase(t.Context(), dir, []int64{1}), "another rollcall")
	require.NoError(t, unlock())
	unlock, err = Lock(dir)
	require.NoError(t, err)
	require.NoError(t, unlock())
	_, err = Lock(filepath.Join(dir, "absent"))
	require.ErrorContains(t, err, "cannot lock")
}

// TestCloseWaits closes a store in the middle of a search whose visits use the store.
func TestCloseWaits(t *testing.T) {
	s, err := Open(buildIndex(t, smallData()))
	require.NoError(t, err)
	closed := make(chan error, 1)
	visits := 0
	err = s.Range(t.Context(), retriever.Image, [][]float32{{1, 0}}, -1, func(_ int, h retriever.Hit) error {
		if visits++; visits == 1 {
			_, err := s.Get(t.Context(), []int64{h.ID})
			require.NoError(t, err)
			go func() { closed <- s.Close() }()
			require.Eventually(t, func() bool { return s.gate.enterThenLeave() != nil }, 5*time.Second, time.Millisecond)
			require.Never(t, func() bool { return len(closed) > 0 }, 50*time.Millisecond, time.Millisecond, "closed under a reader")
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 5, visits)
	require.NoError(t, <-closed)
	_, err = s.Get(t.Context(), []int64{0})
	require.ErrorIs(t, err, errClosed)
	_, _, err = s.TopK(t.Context(), retriever.Image, [][]float32{{1, 0}}, 1)
	require.ErrorIs(t, err, errClosed)
	require.ErrorIs(t, s.Close(), errClosed)
}

// enterThenLeave tries the gate.
func (g *gate) enterThenLeave() error {
	err := g.enter()
	if err == nil {
		g.leave()
	}
	return err
}
