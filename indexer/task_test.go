package indexer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// runTask runs one task in a folder, and says whether the index is complete.
func runTask(t *testing.T, dir string, source indexer.Source, index, count int) bool {
	t.Helper()
	o := options(dir, source)
	o.Task = indexer.Task{Index: index, Count: count}
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	return m.State == indexer.StateComplete
}

// However an index is shared out, it is the one that a single run makes. 120 samples are an exact
// number of partitions of ten, 125 and 121 are not, 0 and 7 are fewer partitions than tasks.
func TestTasksMakeTheSameIndex(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 19))
	for _, samples := range []int{0, 7, 10, 120, 121, 125} {
		source := numbered(samples, nil)
		if samples > 35 {
			source = withBad(samples)
		}
		want := undisturbed(t, source)
		for _, count := range []int{1, 2, 3, 5, 20} {
			t.Run(fmt.Sprintf("%d samples, %d tasks", samples, count), func(t *testing.T) {
				dir := t.TempDir()
				order := random.Perm(count)
				for i, task := range order {
					complete := runTask(t, dir, source, task, count)
					if i == len(order)-1 {
						require.True(t, complete, "the last task completes the index")
					}
				}
				require.Empty(t, cmp.Diff(want, contents(t, dir)))
				require.True(t, runTask(t, dir, source, 0, count), "a repeat changes nothing")
				require.Empty(t, cmp.Diff(want, contents(t, dir)))
			})
		}
	}
}

// A source that can pass over samples is told to: a task reads its own and one before each of its
// partitions.
func TestTaskReadsItsShareAlone(t *testing.T) {
	source := numbered(120, nil)
	visited := map[int]int{}
	source.before = func(n int) { visited[n]++ }
	dir := t.TempDir()
	require.False(t, runTask(t, dir, picking{source}, 1, 4))
	// Partitions 1, 5 and 9, and the samples before them; the next one would start at 130.
	want := map[int]int{9: 1, 49: 1, 89: 1}
	for n := range 10 {
		want[10+n], want[50+n], want[90+n] = 1, 1, 1
	}
	require.Equal(t, want, visited)
}

// picking is a list that passes over the samples that are not wanted.
type picking struct{ list }

func (p picking) ReadAfter(ctx context.Context, skip int64, visit func(indexer.Sample) error) error {
	for n, s := range p.samples {
		if int64(n) < skip {
			continue
		}
		p.before(n)
		err := visit(s)
		if to, skipping := err.(indexer.SkipTo); skipping {
			skip = int64(to)
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Eight runs at once, each task twice, start in an empty folder and end with the whole index.
func TestTasksAtOnce(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	for range 5 {
		dir := filepath.Join(t.TempDir(), "index")
		var complete atomic.Int64
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				o := options(dir, source)
				o.Task = indexer.Task{Index: i % 4, Count: 4}
				m, err := indexer.Run(t.Context(), o)
				if err != nil {
					t.Errorf("task %d: %v", i, err)
				} else if m.State == indexer.StateComplete {
					complete.Add(1)
				}
			})
		}
		group.Wait()
		require.Positive(t, complete.Load())
		require.Empty(t, cmp.Diff(want, contents(t, dir)))
	}
}

func TestTasksOfDifferentCounts(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	dir := t.TempDir()
	runTask(t, dir, source, 1, 3)
	runTask(t, dir, source, 4, 5)
	require.True(t, runTask(t, dir, source, 0, 1), "one run does what is left")
	require.Empty(t, cmp.Diff(want, contents(t, dir)))
}

func TestFinish(t *testing.T) {
	source := numbered(125, nil)
	want := undisturbed(t, source)
	dir := t.TempDir()
	_, err := indexer.Finish(t.Context(), dir, nil)
	require.ErrorIs(t, err, os.ErrNotExist)

	runTask(t, dir, source, 1, 2) // partitions 1, 3, ... 11
	_, err = indexer.Finish(t.Context(), dir, nil)
	require.ErrorContains(t, err, "partitions [0 2 4 6 8 10] are missing, and the end of the input was not reached; run the tasks that are not done")
	o := options(dir, source)
	require.NoError(t, indexer.RunUntil(t.Context(), o, indexer.CrashBeforePlacing))
	m, err := indexer.Finish(t.Context(), dir, nil)
	require.NoError(t, err)
	require.Equal(t, indexer.StateComplete, m.State)
	require.Empty(t, cmp.Diff(want, contents(t, dir)))
	again, err := indexer.Finish(t.Context(), dir, nil)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(m, again))
}

// A task that finds another index in the folder changes nothing.
func TestTaskOfAnotherIndexIsRefused(t *testing.T) {
	dir := t.TempDir()
	runTask(t, dir, numbered(125, nil), 0, 2)
	before := contents(t, dir)
	o := options(dir, numbered(126, nil))
	o.Task = indexer.Task{Index: 1, Count: 2}
	_, err := indexer.Run(t.Context(), o)
	require.ErrorContains(t, err, "data set digest (its files changed)")
	require.Equal(t, before, contents(t, dir))
}

func TestTaskRefusals(t *testing.T) {
	for _, task := range []indexer.Task{{Index: 2, Count: 2}, {Index: -1, Count: 2}, {Index: 1}} {
		o := options(t.TempDir(), numbered(3, nil))
		o.Task = task
		_, err := indexer.Run(t.Context(), o)
		require.ErrorContains(t, err, "tasks are counted from 0")
	}
}
