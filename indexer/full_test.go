package indexer_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/vectors"
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

// smallDisk mounts a file system in memory of so many KiB; grow gives it room.
func smallDisk(t *testing.T, size int) (dir string, grow func()) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", size))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		require.NotEqual(t, "1", os.Getenv("ROLLCALL_REQUIRE_ALL"), "mounting a small disk takes root")
		t.Skip("mounting a small disk takes root")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir, func() {
		t.Helper()
		require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"))
	}
}

// TestFullDiskInMemory runs out of room on real disks of many sizes, so at every place of a run. What
// was done by then is whole, and with more room the same run comes to the same files.
func TestFullDiskInMemory(t *testing.T) {
	want := undisturbed(t, withBad(125))
	var partitions []int
	for size := 8; size <= 512; size += 12 {
		disk, grow := smallDisk(t, size)
		dir := filepath.Join(disk, "index")
		_, err := indexer.Run(t.Context(), options(dir, withBad(125)))
		if err == nil {
			require.Empty(t, cmp.Diff(want, contents(t, dir)))
			break
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.ErrorContains(t, err, "there is no room for the index in "+dir)
		partitions = append(partitions, checkFull(t, dir))
		grow()
		_, err = indexer.Run(t.Context(), options(dir, withBad(125)))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, contents(t, dir)), "after a disk of %d KiB was full", size)
	}
	t.Logf("partitions that were done when the disk was full: %v", partitions)
	require.Greater(t, len(partitions), 10)
	require.Contains(t, partitions, 0)
	require.Greater(t, partitions[len(partitions)-1], 10, "the disk was full at the end too")
}

// checkFull checks an index whose disk is full, and gives the number of partitions that are done.
func checkFull(t *testing.T, dir string) int {
	t.Helper()
	m, err := indexer.ReadManifest(dir)
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	require.NoError(t, err)
	require.Equal(t, indexer.StateBuilding, m.State)
	require.Equal(t, m.Samples, m.Rows+m.Failures)
	_, err = vectors.Open(dir)
	require.Error(t, err, "an index that is not complete does not open")
	return len(m.Partitions)
}

// The scratch folder of a run that writes to a bucket can be full as well: it is what the error
// names, and the bucket has only whole partitions.
func TestFullScratch(t *testing.T) {
	want := undisturbed(t, withBad(125))
	bucket := inMemory(t)
	disk, grow := smallDisk(t, 8)
	t.Setenv("TMPDIR", disk)
	_, err := indexer.Run(t.Context(), inBucket(t, bucket, withBad(125), 0, 1))
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "there is no room for the index in "+disk)
	for name := range objects(t, bucket) {
		require.Equal(t, "index.json", name)
	}
	grow()
	_, err = indexer.Run(t.Context(), inBucket(t, bucket, withBad(125), 0, 1))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, objects(t, bucket)))
}
