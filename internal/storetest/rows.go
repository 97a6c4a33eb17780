package storetest

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// numbers makes fields comparable: stores may give an integer as int64 or, through JSON, as
// float64.
func numbers(fields map[string]any) map[string]any {
	out := make(map[string]any, len(fields))
	for name, value := range fields {
		switch v := value.(type) {
		case int64:
			out[name] = float64(v)
		default:
			out[name] = v
		}
	}
	return out
}

// requireRow compares a row with what was stored.
func requireRow(t *testing.T, want, got retriever.Row) {
	t.Helper()
	want.Fields, got.Fields = numbers(want.Fields), numbers(got.Fields)
	require.Equal(t, want, got)
}

func testRows(t *testing.T, s Store, d *data) {
	n, err := s.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(len(d.rows)), n)

	ids := []int64{999, 0, 400, 401, 5, 5, 650, 1}
	rows, err := s.Get(t.Context(), ids)
	require.NoError(t, err)
	require.Len(t, rows, len(ids))
	for i, id := range ids {
		requireRow(t, d.rows[id], rows[i])
	}
	every := make([]int64, len(d.rows))
	for i := range every {
		every[i] = int64(len(d.rows) - 1 - i)
	}
	rows, err = s.Get(t.Context(), every)
	require.NoError(t, err)
	require.Len(t, rows, len(every))
	for i, id := range every {
		requireRow(t, d.rows[id], rows[i])
	}
	rows, err = s.Get(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, rows)
	_, err = s.Get(t.Context(), []int64{3, 1000})
	require.ErrorContains(t, err, "1000")
	_, err = s.Get(t.Context(), []int64{-7})
	require.ErrorContains(t, err, "-7")
}

func testVectors(t *testing.T, s Store, d *data) {
	ids := []int64{401, 0, 999, 400, 0}
	for _, m := range modalities {
		got, err := s.Vectors(t.Context(), m, ids)
		require.NoError(t, err)
		require.Len(t, got, len(ids))
		for i, id := range ids {
			require.InDeltaSlice(t, d.of(m)[id], got[i], 1e-6, "%s vector of row %d", m, id)
		}
		_, err = s.Vectors(t.Context(), m, []int64{1000})
		require.ErrorContains(t, err, "1000")
	}
}

// testRefusals asks what has no answer; a store must say so rather than return no rows.
func testRefusals(t *testing.T, s Store) {
	good := queriesFor(1, 64)[0]
	with := func(x float64) []float32 {
		q := append([]float32(nil), good...)
		q[40] = float32(x)
		return q
	}
	cases := map[string][]float32{
		"zero":           make([]float32, 64),
		"not a number":   with(math.NaN()),
		"infinite":       with(math.Inf(-1)),
		"too short":      good[:63],
		"too long":       append(append([]float32(nil), good...), 0),
		"no dimensions":  {},
		"missing vector": nil,
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.TopK(t.Context(), retriever.Image, [][]float32{good, bad}, 3)
			require.Error(t, err)
			err = s.Range(t.Context(), retriever.Text, [][]float32{good, bad}, 0.5, func(int, retriever.Hit) error {
				t.Error("a refused question was answered")
				return nil
			})
			require.Error(t, err)
		})
	}
}

// testCancel asks with a context that is already over.
func testCancel(t *testing.T, s Store, d *data) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.TopK(ctx, retriever.Image, d.image[:1], 3)
	require.ErrorIs(t, err, context.Canceled)
	err = s.Range(ctx, retriever.Image, d.image[:1], -1.5, func(int, retriever.Hit) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Get(ctx, []int64{1})
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Vectors(ctx, retriever.Image, []int64{1})
	require.ErrorIs(t, err, context.Canceled)
}
