package gather_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server/gather"
)

// double takes a second whatever the number of requests.
func double(sizes *[]int) func(context.Context, []int) ([]int, error) {
	return func(ctx context.Context, requests []int) ([]int, error) {
		*sizes = append(*sizes, len(requests))
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		out := make([]int, len(requests))
		for i, r := range requests {
			out[i] = 2 * r
		}
		return out, nil
	}
}

func TestRequestsOfOneWindowShareAPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		g := gather.New(gather.Options{}, double(&sizes))
		start := time.Now()
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() {
				answer, err := g.Do(t.Context(), i)
				require.NoError(t, err)
				require.Equal(t, 2*i, answer)
			})
		}
		wait.Wait()
		require.Equal(t, time.Second+2*time.Millisecond, time.Since(start))
		require.Equal(t, []int{40}, sizes)
		g.Close()
		_, err := g.Do(t.Context(), 1)
		require.ErrorIs(t, err, gather.ErrClosed)
	})
}

// TestWhatComesDuringAPassIsTheNext sends requests all through a pass of one second: they form
// one batch that starts when it ends.
func TestWhatComesDuringAPassIsTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		g := gather.New(gather.Options{}, double(&sizes))
		start := time.Now()
		var wait sync.WaitGroup
		for i := range 10 {
			wait.Go(func() {
				time.Sleep(time.Duration(i) * 50 * time.Millisecond)
				answer, err := g.Do(t.Context(), i)
				require.NoError(t, err)
				require.Equal(t, 2*i, answer)
			})
		}
		wait.Wait()
		require.Equal(t, []int{1, 9}, sizes)
		require.Equal(t, 2*time.Second+2*time.Millisecond, time.Since(start))
		g.Close()
	})
}

func TestABatchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		var seen atomic.Int64
		g := gather.New(gather.Options{Most: 16, Observe: func(n int) { seen.Add(int64(n)) }}, double(&sizes))
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() {
				_, err := g.Do(t.Context(), i)
				require.NoError(t, err)
			})
		}
		wait.Wait()
		require.ElementsMatch(t, []int{16, 16, 8}, sizes)
		require.EqualValues(t, 40, seen.Load())
		g.Close()
	})
}

// TestOneWhoLeavesDisturbsNobody cancels one of two callers, then both of another batch.
func TestOneWhoLeavesDisturbsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		g := gather.New(gather.Options{}, double(&sizes))
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := g.Do(impatient, 1)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
		answer, err := g.Do(t.Context(), 2)
		require.NoError(t, err)
		require.Equal(t, 4, answer)
		wait.Wait()

		start := time.Now()
		alone, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = g.Do(alone, 3)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		answer, err = g.Do(t.Context(), 4)
		require.NoError(t, err)
		require.Equal(t, 8, answer)
		require.Equal(t, 1102*time.Millisecond, time.Since(start), "the deserted pass was cancelled")
		g.Close()
	})
}

func TestAnErrorGoesToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		g := gather.New(gather.Options{}, func(context.Context, []int) ([]int, error) { return nil, broken })
		short := gather.New(gather.Options{}, func(context.Context, []int) ([]int, error) { return nil, nil })
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				_, err := g.Do(t.Context(), 1)
				require.ErrorIs(t, err, broken)
				_, err = short.Do(t.Context(), 1)
				require.ErrorContains(t, err, "not every request")
			})
		}
		wait.Wait()
		g.Close()
		short.Close()
	})
}
