package indexer_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// fullDir is set in the process whose files may not grow.
const fullDir = "ROLLCALL_TEST_FULL_DIR"

// TestFullDisk runs out of room in a process of its own, where no file may have more than 1,000
// bytes (a write beyond fails with EFBIG, as one on a full disk fails with ENOSPC).
// The metadata of a partition is larger, its vectors are not.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(fullDir); dir != "" {
		limit := syscall.Rlimit{Cur: 1000, Max: 1000}
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
		_, err := indexer.Run(t.Context(), options(dir, withBad(125)))
		require.ErrorContains(t, err, "there is no room for the index in "+dir)
		require.ErrorContains(t, err, "make room, and the same command goes on")
		require.ErrorIs(t, err, syscall.EFBIG)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	child.Env = append(os.Environ(), fullDir+"="+dir)
	output, err := child.CombinedOutput()
	require.NoError(t, err, string(output))

	m, err := indexer.ReadManifest(dir)
	require.NoError(t, err)
	require.Equal(t, indexer.StateBuilding, m.State)
	require.Empty(t, m.Partitions)
	for _, kind := range []string{"img_emb", "text_emb", "metadata", "ledger"} {
		require.NoDirExists(t, filepath.Join(dir, kind), "nothing is half-published")
	}
	left, err := os.ReadDir(filepath.Join(dir, ".building"))
	require.NoError(t, err)
	require.Empty(t, left, "what was begun gave its room back: %v", left)

	_, err = indexer.Run(t.Context(), options(dir, withBad(125)))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(undisturbed(t, withBad(125)), contents(t, dir)))
}
