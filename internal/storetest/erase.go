package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// testErase removes rows from several batches, in two steps, and looks for them everywhere.
func testErase(t *testing.T, s Store, d *data) {
	steps := [][]int64{{17, 299, 300, 999}, {0, 17, 601}} // 17 twice: erasing is idempotent
	gone := map[int64]bool{}
	for _, ids := range steps {
		require.NoError(t, s.Erase(t.Context(), ids))
		for _, id := range ids {
			gone[id] = true
		}
		requireErased(t, s, d, gone)
	}
	err := s.Erase(t.Context(), []int64{5, 1000})
	require.ErrorContains(t, err, "1000", "an unknown row cannot be erased")
	requireErased(t, s, d, gone)
}

// requireErased checks that exactly the rows in gone are without content.
func requireErased(t *testing.T, s Store, d *data, gone map[int64]bool) {
	t.Helper()
	n, err := s.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(len(d.rows)), n, "row numbers stay")

	all := make([]int64, len(d.rows))
	for i := range all {
		all[i] = int64(i)
	}
	rows, err := s.Get(t.Context(), all)
	require.NoError(t, err)
	require.Len(t, rows, len(all))
	for i, row := range rows {
		if gone[int64(i)] {
			require.True(t, row.Erased, "row %d", i)
			require.Empty(t, row.Fields, "row %d", i)
			row.Fields = nil
			require.Equal(t, retriever.Row{ID: int64(i), Erased: true}, row)
			continue
		}
		requireRow(t, d.rows[i], row)
	}
	for _, m := range modalities {
		requireUnfound(t, s, d, m, gone)
	}
}

// requireUnfound searches with the erased rows' own vectors.
func requireUnfound(t *testing.T, s Store, d *data, m retriever.Modality, gone map[int64]bool) {
	t.Helper()
	var ids []int64
	var queries [][]float32
	for id := range gone {
		ids = append(ids, id)
		queries = append(queries, d.of(m)[id])
	}
	top := topK(t, s, m, queries, len(d.rows))
	ranged := rangeHits(t, s, m, queries, -1.5)
	for q := range queries {
		want := ranking(d.of(m), queries[q], gone)
		requireTop(t, want, len(d.rows), top[q])
		requireRange(t, want, -1.5, ranged[q])
	}
	vectors, err := s.Vectors(t.Context(), m, ids)
	require.NoError(t, err)
	require.Len(t, vectors, len(ids))
	for i, v := range vectors {
		require.Equal(t, make([]float32, len(queries[i])), v, "%s vector of row %d", m, ids[i])
	}
}
