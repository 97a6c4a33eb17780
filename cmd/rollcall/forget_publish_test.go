package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/milvus"
)

// TestForgetWhilePublishing erases while the index is on its way into a real Milvus, and after the
// process that brought it there was killed. Rows that are in Milvus already must not be missed: the
// erasure waits for its turn, then is refused until the publication is finished or given up.
func TestForgetWhilePublishing(t *testing.T) {
	t.Parallel()
	program, address, dir := built(t), milvusEngine(t), filepath.Join(t.TempDir(), "shown")
	call := func(args ...string) *exec.Cmd {
		return exec.CommandContext(t.Context(), program, append([]string{"--onnxruntime", onnxruntime(t), "--quiet", "--milvus-address", address}, args...)...)
	}
	run := func(args ...string) string {
		out, err := call(args...).CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	refused := func(why string, args ...string) {
		out, err := call(args...).CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), why)
	}
	ids := filepath.Join(t.TempDir(), "ids.txt")
	require.NoError(t, os.WriteFile(ids, []byte("3\n"), 0o600))
	index := []string{"index", lab(t, "shards"), "--name", dir, "--model", lab(t, "model"), "--limit", "1000"}
	forget := []string{"forget", dir, "--ids", ids, "--yes"}
	run(index...)

	publisher := call(append(index, "--store", "milvus")...)
	require.NoError(t, publisher.Start())
	require.Eventually(t, func() bool {
		m, err := indexer.ReadManifest(dir)
		return err == nil && m.Store.Pending != nil
	}, time.Minute, time.Millisecond)
	refused("another rollcall is writing to "+dir+": wait until it is done", forget...)
	require.NoError(t, publisher.Process.Kill())
	_ = publisher.Wait() // it was killed
	refused("nothing was erased: Milvus at "+address+" may hold rows of "+dir, forget...)

	giveUp := []string{"index", "--finish", "--name", dir, "--store", "embedded"}
	run(giveUp...)
	requireWithdrawn(t, address)
	run(forget...)
	run(append(index, "--store", "milvus")...)
	require.Contains(t, run("verify", dir), "Milvus: 1000 rows compared, 0 different")

	// Published, it stays published, and loses the row in both places.
	require.NoError(t, os.WriteFile(ids, []byte("4\n"), 0o600))
	run(index...)
	run(forget...)
	require.Contains(t, run("verify", dir), "Milvus: 1000 rows compared, 0 different")
	run(giveUp...)
	requireWithdrawn(t, address)
	require.NotContains(t, run("verify", dir), "Milvus")
}

// requireWithdrawn expects nothing of the index in Milvus.
func requireWithdrawn(t *testing.T, address string) {
	t.Helper()
	client, err := milvus.Dial(t.Context(), milvus.Config{Address: address})
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	_, err = milvus.Open(t.Context(), client, "shown")
	require.ErrorContains(t, err, "shown")
	names, err := client.Collections(t.Context())
	require.NoError(t, err)
	require.Empty(t, strings.Join(names, " "))
}
