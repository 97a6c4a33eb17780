package vectors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rollcall/indexer"
	"rollcall/retriever"
)

// TestErasedUnderAnOpenStore erases, as another process does, from an index that is open: from the
// moment that the erasure is recorded, no call of the open store gives the row, though the files
// that it has mapped hold it.
func TestErasedUnderAnOpenStore(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"an index": func(*testing.T, string) {},
		"with derived files": func(t *testing.T, dir string) {
			require.NoError(t, Derive(t.Context(), dir, DeriveOptions{OneBit: true}))
		},
		"a bare folder": func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, indexer.ManifestName)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := secretIndex(t)
			prepare(t, dir)
			s := openStore(t, dir)
			before, err := s.Get(t.Context(), []int64{1}) // into the cache
			require.NoError(t, err)
			require.Equal(t, "Jane Secret at home", before[0].Caption)
			away := errors.New("away")
			_, err = Forget(t.Context(), dir, Order{IDs: []int64{1}, By: "ids"}, func(context.Context, []int64) error { return away })
			require.ErrorIs(t, err, away)
			showsNothing(t, s)
			m, err := Erasures(dir)
			require.NoError(t, err)
			require.True(t, m.UnderWay)
			_, err = Forget(t.Context(), dir, Order{}, func(context.Context, []int64) error { return nil })
			require.NoError(t, err)
			showsNothing(t, s)
			after, err := Erasures(dir)
			require.NoError(t, err)
			require.False(t, after.UnderWay)
			require.NotEqual(t, m, after)
		})
	}
}

// TestErasedUnderReaders erases one row after the other while others read: what begins after an erasure
// never gives its row.
func TestErasedUnderReaders(t *testing.T) {
	dir := buildIndex(t, []retriever.RowBatch{randomBatch(600, 8), randomBatch(600, 8)})
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
	s := openStore(t, dir)
	var erased atomic.Int64 // rows below it are
	readers, ctx := errgroup.WithContext(t.Context())
	for range 4 {
		readers.Go(func() error {
			for erased.Load() < 20 && ctx.Err() == nil {
				gone := erased.Load()
				rows, err := s.Get(ctx, []int64{max(0, gone-1), 700})
				if err == nil && (gone > 0 && !rows[0].Erased || rows[1].Caption != "a photo") {
					err = fmt.Errorf("row %d came back: %v", gone-1, rows)
				}
				if err != nil {
					return err
				}
				hits, _, err := s.TopK(ctx, retriever.Image, [][]float32{{1, 0, 0, 0, 0, 0, 0, 0}}, 1200)
				for _, h := range append([]retriever.Hit{{ID: gone}}, hits[0]...) {
					if err == nil && h.ID < gone {
						err = fmt.Errorf("row %d came back", h.ID)
					}
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	for id := range int64(20) {
		require.NoError(t, erase(t.Context(), dir, []int64{id}))
		erased.Store(id + 1)
	}
	require.NoError(t, readers.Wait())
}

// showsNothing asks for the secret row in every way.
func showsNothing(t *testing.T, s *Store) {
	t.Helper()
	rows, err := s.Get(t.Context(), []int64{1})
	require.NoError(t, err)
	require.Equal(t, []retriever.Row{{ID: 1, Erased: true}}, rows)
	for _, m := range []retriever.Modality{retriever.Image, retriever.Text} {
		hits, _, err := s.TopK(t.Context(), m, [][]float32{{0.5, 0.25}}, 3)
		require.NoError(t, err)
		require.Len(t, hits[0], 2)
		require.NoError(t, s.Range(t.Context(), m, [][]float32{{0.5, 0.25}}, -1, func(_ int, h retriever.Hit) error {
			require.NotEqual(t, int64(1), h.ID)
			return nil
		}))
		v, err := s.Vectors(t.Context(), m, []int64{1})
		require.NoError(t, err)
		require.Equal(t, [][]float32{{0, 0}}, v)
	}
	for _, row := range streamed(t, s) {
		require.Equal(t, row.Row == 1, row.Null && row.URL == "" && row.Key == "" && row.Caption == "", row)
	}
	for _, b := range batchesOf(t, s) {
		require.Equal(t, retriever.Row{ID: 1, Erased: true}, b.Rows[1])
		require.Equal(t, []float32{0, 0}, b.Image[1])
	}
}

// TestHostileJournal: an erasing.json that no erasure has written is refused by whoever opens the
// folder, and says what to do.
func TestHostileJournal(t *testing.T) {
	dir := secretIndex(t)
	path := filepath.Join(dir, erasureName)
	for content, want := range map[string]string{
		`{"rows":[1,1]}`:                           "row 1 comes after row 1",
		`{"rows":[-1]}`:                            "row -1 comes after row -1",
		`{"rows":[1],"removed":[{"row":2}]}`:       "the removal list has row 2 where row 1 is erased",
		`{"rows":[1],"removed":[{},{}]}`:           "it has 1 rows, and the removal list of 2",
		`{"rows":[1`:                               "unexpected end of JSON input",
		`{"rows":[9223372036854775808]}`:           "cannot unmarshal",
		strings.Repeat(" ", maxJournal) + `{    }`: "it has more than the 128 MiB that are read",
	} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := Open(dir)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "erase them again after removing "+path)
	}
	require.NoError(t, os.WriteFile(path, []byte(`{"rows":[1,3],"record":{"id":"x","count":9,"rows":[7]}}`), 0o600))
	_, err := Forget(t.Context(), dir, Order{}, nil)
	require.ErrorContains(t, err, path+" names row 3, and "+dir+" has 3: it is another index's; remove it")
	require.NoError(t, os.WriteFile(path, []byte(`{"rows":[1],"record":{"id":"x","count":9,"rows":[7]}}`), 0o600))
	done, err := Forget(t.Context(), dir, Order{}, nil)
	require.NoError(t, err)
	require.Equal(t, []int64{1}, done[0].Rows, "the record is of the rows that were erased")
	require.Equal(t, 1, done[0].Count)
}

// TestTooManyAtOnce: what could not be read back is not begun.
func TestTooManyAtOnce(t *testing.T) {
	const n = 33 // rows with a URL of 4 MiB each: 132 MiB
	var rows []retriever.Row
	var ids []int64
	long := strings.Repeat("x", 4<<20)
	for id := range int64(n) {
		rows, ids = append(rows, retriever.Row{ID: id, URL: long}), append(ids, id)
	}
	dir := buildIndex(t, []retriever.RowBatch{{Rows: rows, Image: unitRows(n), Text: unitRows(n)}})
	_, err := Forget(t.Context(), dir, Order{IDs: ids, By: "ids"}, nil)
	require.ErrorContains(t, err, "nothing was erased: 33 rows at once take 132 MiB in erasing.json, of which 128 are read: erase fewer at a time")
	require.NoFileExists(t, filepath.Join(dir, erasureName))
	_, err = Forget(t.Context(), dir, Order{IDs: ids[:2], By: "ids"}, nil)
	require.NoError(t, err)
}

func unitRows(n int) (out [][]float32) {
	for range n {
		out = append(out, []float32{1, 0})
	}
	return out
}

// TestRecordTooLarge: a record of erasures that could not be read back stops an erasure before it
// begins.
func TestRecordTooLarge(t *testing.T) {
	dir := secretIndex(t)
	path := filepath.Join(dir, ErasuresName)
	require.NoError(t, os.WriteFile(path, []byte("{}\n"), 0o600))
	require.NoError(t, os.Truncate(path, maxManifest+1)) // takes no room on the disk
	_, err := Forget(t.Context(), dir, Order{IDs: []int64{1}, By: "ids"}, nil)
	require.ErrorContains(t, err, fmt.Sprintf("it has more than the 256 MiB that are read: move %s away and keep it", path))
	require.NoFileExists(t, filepath.Join(dir, erasureName))
}
