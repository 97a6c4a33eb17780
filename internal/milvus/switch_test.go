package milvus

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rollcall/retriever"
)

// TestSwitchUnderReaders publishes generation after generation while readers open the index, read
// it whole and search it: each answer is whole and of one generation, or an error that says so.
func TestSwitchUnderReaders(t *testing.T) {
	t.Parallel()
	c := dial(t)
	const rows = 40
	generations := [][]retriever.RowBatch{someRows(11, rows), someRows(12, rows), someRows(13, rows)}
	publish := func(ctx context.Context, i int) error {
		spec := specOf("switched", []string{"g1", "g2", "g3"}[i], generations[i])
		return c.Publish(ctx, spec, sourceOf(generations[i]))
	}
	require.NoError(t, publish(t.Context(), 0))
	standing, err := Open(t.Context(), c, "switched")
	require.NoError(t, err)

	group, ctx := errgroup.WithContext(t.Context())
	published := make(chan struct{})
	group.Go(func() error {
		defer close(published)
		for i := range 2 {
			if err := publish(ctx, i+1); err != nil {
				return err
			}
		}
		return nil
	})
	for _, open := range []func() (*Store, error){
		func() (*Store, error) { return standing, nil },
		func() (*Store, error) { return Open(ctx, c, "switched") },
	} {
		group.Go(func() error {
			for last := false; !last; {
				select {
				case <-published:
					last = true // once more, after the last switch
				default:
				}
				s, err := open()
				if err != nil {
					return err
				}
				requireOneGeneration(t, ctx, s, rows)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	requireOneGeneration(t, t.Context(), standing, rows)
	require.Equal(t, "g3", standing.Generation())
}

// requireOneGeneration reads and searches an index.
func requireOneGeneration(t *testing.T, ctx context.Context, s *Store, rows int) {
	seeds := map[string]int{}
	err := s.Captions(ctx, func(row retriever.CaptionRow) error {
		seed, _, _ := strings.Cut(row.Caption, " row ")
		seeds[seed]++
		return nil
	})
	if err == nil {
		require.Len(t, seeds, 1, "captions of two generations")
		for _, n := range seeds {
			require.Equal(t, rows, n)
		}
	} else {
		require.ErrorContains(t, err, "published anew meanwhile")
	}
	hits, exact, err := s.TopK(ctx, retriever.Image, [][]float32{{1, 0, 0, 0, 0, 0, 0, 0}}, rows)
	require.NoError(t, err)
	require.True(t, exact)
	require.Len(t, hits[0], rows)
}
