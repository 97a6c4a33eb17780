package milvus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// cluster is a Milvus whose parts are processes of their own.
type cluster struct{ dir string }

// script runs a command of scripts/milvus_cluster.sh.
func (c cluster) script(command string, args ...string) error {
	out, err := exec.Command("../../scripts/milvus_cluster.sh", append([]string{command, c.dir}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("milvus_cluster.sh %s %v: %w: %s", command, args, err, out)
	}
	return nil
}

// startCluster skips the test where there is no Kafka.
func startCluster(t *testing.T) cluster {
	t.Helper()
	needEngine(t)
	if _, err := os.Stat("../../.cache/milvus-cluster/kafka/.whole"); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("no Kafka in .cache/milvus-cluster: run scripts/milvus_cluster.sh setup")
		}
		t.Skip("no Kafka in .cache/milvus-cluster: scripts/milvus_cluster.sh setup fetches it")
	}
	dir, err := os.MkdirTemp("", "milvus-cluster-")
	require.NoError(t, err)
	c := cluster{dir}
	t.Cleanup(func() { require.NoError(t, errors.Join(c.script("stop"), os.RemoveAll(dir))) })
	require.NoError(t, c.script("start"))
	return c
}

// watch asks a store again and again and keeps the tally.
type watch struct {
	right, failed, wrong atomic.Int64
	last                 atomic.Value // the last error's text
}

func (w *watch) run(ctx context.Context, ask func(context.Context) (rows int, err error), want int) {
	for ctx.Err() == nil {
		rows, err := ask(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			w.failed.Add(1)
			w.last.Store(err.Error())
		case rows == want:
			w.right.Add(1)
		default:
			w.wrong.Add(1)
		}
	}
}

// TestQueryNodesLost kills each of two query nodes while two loops count and search, and starts it
// again: every answer is the right one or an error, and right ones come again after each step.
func TestQueryNodesLost(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	nodes := startCluster(t)
	port, err := os.ReadFile(filepath.Join(nodes.dir, "port"))
	require.NoError(t, err)
	address := "127.0.0.1:" + strings.TrimSpace(string(port))
	c := dialAs(t, Config{Address: address})
	c.flushEvery = 10_000 // several segments, so that both nodes have some
	data := someRows(51, 10_000, 10_000, 10_000, 10_000)
	spec := specOf("standing", "g1", data)
	require.NoError(t, c.Publish(t.Context(), spec, sourceOf(data)))
	hasty := dialAs(t, Config{Address: address, CallTimeout: 2 * time.Second})
	s, err := Open(t.Context(), hasty, "standing")
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	var counts, searches watch
	done := make(chan struct{}, 2)
	go func() {
		counts.run(ctx, func(ctx context.Context) (rows int, err error) {
			err = s.Range(ctx, retriever.Image, data[0].Image[:1], -1.5, func(int, retriever.Hit) error { rows++; return nil })
			return rows, err
		}, 40_000)
		done <- struct{}{}
	}()
	go func() {
		searches.run(ctx, func(ctx context.Context) (int, error) {
			hits, _, err := s.TopK(ctx, retriever.Image, data[2].Image[:1], 500)
			if err == nil && (len(hits[0]) != 500 || hits[0][0].ID != 20_000) {
				return 0, nil
			}
			return 500, err
		}, 500)
		done <- struct{}{}
	}()
	steps := []struct{ command, node string }{
		{"kill", "querynode1"}, {"run", "querynode1"}, {"kill", "querynode2"}, {"run", "querynode2"},
	}
	for _, step := range steps {
		before, start := counts.right.Load(), time.Now()
		require.NoError(t, nodes.script(step.command, step.node))
		after := counts.right.Load()
		require.Eventually(t, func() bool { return counts.right.Load() > after+3 }, 2*time.Minute, 50*time.Millisecond,
			"no right count after %s %s; the last error: %v", step.command, step.node, counts.last.Load())
		t.Logf("%s %s: counts are right again after %s (%d meanwhile)", step.command, step.node, time.Since(start).Round(time.Millisecond), after-before)
	}
	cancel()
	<-done
	<-done
	for name, w := range map[string]*watch{"counts": &counts, "searches": &searches} {
		t.Logf("%s: %d right, %d errors; the last: %v", name, w.right.Load(), w.failed.Load(), w.last.Load())
		require.Zero(t, w.wrong.Load(), "%s that were short without an error", name)
		require.Positive(t, w.right.Load())
	}
	require.Positive(t, counts.failed.Load(), "counts while a node was away")
}
