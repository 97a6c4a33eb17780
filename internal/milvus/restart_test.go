package milvus

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rollcall/retriever"
)

// TestEngineKilled kills an engine of its own in the middle of a load and of counts, and starts it
// again: the load waits and goes on, every row is there once, and each count is the right one or an
// error. A store opened before answers after it.
func TestEngineKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starting a killed engine takes ten seconds or more")
	}
	needEngine(t)
	t.Parallel()
	e, err := newEngine()
	t.Cleanup(func() { require.NoError(t, errors.Join(e.script("kill"), os.RemoveAll(e.dir))) })
	require.NoError(t, err)
	c := dialAs(t, Config{Address: e.address, Username: testUser, Password: testPassword})
	before := someRows(5, 50)
	require.NoError(t, c.Publish(t.Context(), specOf("standing", "g1", before), sourceOf(before)))
	s, err := Open(t.Context(), c, "standing")
	require.NoError(t, err)
	counting := startCounting(t, e, before)

	data := someRows(6, 300, 300, 300)
	spec := specOf("interrupted", "g1", data)
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

	right, failed := counting()
	require.Positive(t, right, "counts before the kill and after the restart")
	require.Positive(t, failed, "counts while the engine was away")
}

// startCounting counts all rows again and again, with little patience, until the returned function
// is called; that gives how many counts were right and how many were errors. A count that is
// neither fails the test.
func startCounting(t *testing.T, e engine, data []retriever.RowBatch) (stop func() (right, failed int)) {
	c := dialAs(t, Config{Address: e.address, Username: testUser, Password: testPassword, CallTimeout: time.Second})
	s, err := Open(t.Context(), c, "standing")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	var right, failed, wrong int
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			rows := 0
			err := s.Range(ctx, retriever.Image, data[0].Image[:1], -1.5, func(int, retriever.Hit) error {
				rows++
				return nil
			})
			switch {
			case ctx.Err() != nil:
			case err != nil:
				failed++
			case rows == len(data[0].Rows):
				right++
			default:
				wrong++
			}
			_ = sleep(ctx, firstPause) // the end of ctx is seen above
		}
	}()
	return func() (int, int) {
		cancel()
		<-done
		require.Zero(t, wrong, "counts that were short or long without an error")
		return right, failed
	}
}
