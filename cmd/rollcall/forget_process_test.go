package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/vectors"
)

// TestKilledForget kills the real program at random moments of an erasure of rows in every
// partition. What is left is an index from which nothing was erased, or one that hides all of the
// rows and that the next forget finishes.
func TestKilledForget(t *testing.T) {
	program := built(t)
	call := func(args ...string) *exec.Cmd {
		return exec.CommandContext(t.Context(), program, append([]string{"--onnxruntime", onnxruntime(t), "--quiet"}, args...)...)
	}
	original := filepath.Join(t.TempDir(), "index")
	out, err := call("index", lab(t, "shards"), "--name", original, "--model", lab(t, "model"), "--limit", "200", "--partition-rows", "10").CombinedOutput()
	require.NoError(t, err, string(out))
	ids := filepath.Join(t.TempDir(), "ids.txt")
	var lines strings.Builder
	for row := 0; row < 200; row += 10 {
		fmt.Fprintln(&lines, row)
	}
	require.NoError(t, os.WriteFile(ids, []byte(lines.String()), 0o600))

	whole := filepath.Join(t.TempDir(), "whole")
	require.NoError(t, os.CopyFS(whole, os.DirFS(original)))
	started := time.Now()
	out, err = call("forget", whole, "--ids", ids, "--yes").CombinedOutput()
	require.NoError(t, err, string(out))
	took := time.Since(started)

	random := rand.New(rand.NewPCG(3, 4))
	for attempt := range 8 {
		dir := filepath.Join(t.TempDir(), "killed")
		require.NoError(t, os.CopyFS(dir, os.DirFS(original)))
		cmd := call("forget", dir, "--ids", ids, "--yes")
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(random.Int64N(int64(took))))
		_ = cmd.Process.Kill() // it may have ended already
		_ = cmd.Wait()         // it was killed

		s, err := vectors.Open(dir)
		require.NoError(t, err)
		rows, err := s.Get(t.Context(), []int64{0, 100, 190})
		require.NoError(t, err)
		require.NoError(t, s.Close())
		require.Equal(t, rows[0].Erased, rows[1].Erased, "attempt %d: half of the rows", attempt)
		require.Equal(t, rows[0].Erased, rows[2].Erased, "attempt %d: half of the rows", attempt)

		out, err = call("forget", dir, "--ids", ids, "--yes").CombinedOutput()
		require.NoError(t, err, string(out))
		out, err = call("verify", dir).CombinedOutput()
		require.NoError(t, err, string(out))
		got, want := tree(t, dir), tree(t, whole)
		for name, content := range want {
			if name != vectors.ErasuresName { // it has the time and a random id
				require.Equal(t, content, got[name], "attempt %d: %s", attempt, name)
			}
		}
		require.Equal(t, 1, strings.Count(got[vectors.ErasuresName], "\n"), "attempt %d: recorded once", attempt)
	}
}
