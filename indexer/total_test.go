package indexer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// counted is a list that says how many samples it has.
type counted struct {
	list
	exact bool
}

func (c counted) Samples() (int64, bool) { return int64(len(c.samples)), c.exact }

// runFor runs a task and gives what was reported of it.
func runFor(ctx context.Context, t *testing.T, o indexer.Options) (reports []indexer.Progress, err error) {
	t.Helper()
	o.Progress = func(p indexer.Progress) { reports = append(reports, p) }
	_, err = indexer.Run(ctx, o)
	require.NotEmpty(t, reports)
	return reports, err
}

// Whatever the share, the total that is said throughout is where the run ends.
func TestTotalIsWhereTheRunEnds(t *testing.T) {
	for _, samples := range []int{1, 9, 10, 11, 120, 125} {
		for _, limit := range []int64{0, 60, 1000} {
			for _, count := range []int{1, 2, 4, 7, 20} {
				t.Run(fmt.Sprintf("%d samples, limit %d, %d tasks", samples, limit, count), func(t *testing.T) {
					dir := t.TempDir()
					for index := range count {
						o := options(dir, counted{numbered(samples, nil), true})
						o.Limit, o.Task = limit, indexer.Task{Index: index, Count: count}
						reports, err := runFor(t.Context(), t, o)
						require.NoError(t, err)
						end := reports[len(reports)-1].Samples
						for _, p := range reports {
							require.Equal(t, end, p.Total, "task %d", index)
							require.False(t, p.About)
						}
					}
				})
			}
		}
	}
}

// A resumed run counts its time from its own first sample, and its total with what was done before.
func TestTotalOfAResumedRun(t *testing.T) {
	dir := t.TempDir()
	source := counted{numbered(125, nil), false}
	ctx, cancel := context.WithCancel(t.Context())
	source.before = func(n int) {
		if n == 55 {
			cancel()
		}
	}
	_, err := runFor(ctx, t, options(dir, source))
	require.ErrorIs(t, err, context.Canceled)

	const passing = 300 * time.Millisecond
	source.before = func(n int) {
		if n == 0 {
			time.Sleep(passing) // what it takes to pass over what is done
		}
	}
	started := time.Now()
	reports, err := runFor(t.Context(), t, options(dir, source))
	require.NoError(t, err)
	took := time.Since(started)
	require.Positive(t, reports[0].Resumed)
	for _, p := range reports {
		require.Equal(t, int64(125), p.Total)
		require.True(t, p.About)
		require.LessOrEqual(t, p.Elapsed, took-passing, "to pass over what is done does not count")
	}
	require.Positive(t, reports[len(reports)-1].Elapsed)
}

// Without a word of the source the limit is the total, as far as anybody knows.
func TestTotalOfALimit(t *testing.T) {
	o := options(t.TempDir(), numbered(125, nil))
	o.Limit = 60
	reports, err := runFor(t.Context(), t, o)
	require.NoError(t, err)
	require.Equal(t, int64(60), reports[0].Total)
	require.True(t, reports[0].About)
	reports, err = runFor(t.Context(), t, options(t.TempDir(), numbered(125, nil)))
	require.NoError(t, err)
	require.Zero(t, reports[0].Total)
}
