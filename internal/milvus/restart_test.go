package milvus

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rollcall/retriever"
)

// TestEngineKilled kills the engine in the middle of a load and starts it again: the load waits and
// goes on, every row is there once, and a store opened before answers after it.
func TestEngineKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starting a killed engine takes ten seconds or more")
	}
	c := dial(t)
	before := someRows(5, 50)
	require.NoError(t, c.Publish(t.Context(), specOf("standing", "g1", before), sourceOf(before)))
	s, err := Open(t.Context(), c, "standing")
	require.NoError(t, err)

	data := someRows(6, 300, 300, 300)
	spec := specOf("interrupted", "g1", data)
	e, err := startEngine()
	require.NoError(t, err)
	restart, ctx := errgroup.WithContext(t.Context()) // a failed restart ends the load
	err = c.Publish(ctx, spec, func(_ context.Context, visit func(retriever.RowBatch) error) error {
		for i, b := range data {
			if i == 1 {
				require.NoError(t, e.script("kill"))
				restart.Go(func() error { return e.script("start") })
			}
			if err := visit(b); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, restart.Wait())
	require.NoError(t, e.script("wait"))
	require.NoError(t, err)
	requireHolds(t, c, spec, data)

	hits, _, err := s.TopK(t.Context(), retriever.Image, before[0].Image[7:8], 50)
	require.NoError(t, err)
	require.Len(t, hits[0], 50)
	require.Equal(t, int64(7), hits[0][0].ID)
}
