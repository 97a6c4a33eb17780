package vectors

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestForgetOnFullDisk erases on real disks with less room left than that takes, so at many places of
// it. Before the erasure is recorded nothing is changed; after that the rows are hidden, and with
// more room the same command ends where an undisturbed one does.
func TestForgetOnFullDisk(t *testing.T) {
	original := buildIndex(t, []retriever.RowBatch{randomBatch(1500, 8), randomBatch(1500, 8)})
	order := Order{IDs: []int64{5, 1500, 2999}, By: "ids", When: time.Unix(0, 0)}
	whole := copyFolder(t, original)
	_, err := Forget(t.Context(), whole, order, nil)
	require.NoError(t, err)
	want := readTree(t, whole)
	untouched, hidden := 0, 0
	for room := 0; ; room += 4 {
		require.Less(t, room, 1024, "it never fits")
		dir, grow := fullDisk(t, original, room)
		_, err := Forget(t.Context(), dir, order, nil)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		n, failed := Unfinished(dir)
		require.NoError(t, failed)
		rows, failed := openStore(t, dir).Get(t.Context(), order.IDs)
		require.NoError(t, failed)
		for _, row := range rows {
			require.Equal(t, n > 0, row.Erased, "%d KiB: %v", room, err)
		}
		if n > 0 {
			hidden++
			require.ErrorContains(t, err, "erasing is not finished, though the rows are hidden already; run it again")
		} else {
			untouched++
		}
		grow()
		_, err = Forget(t.Context(), dir, order, nil)
		require.NoError(t, err)
		got := readTree(t, dir)
		for path, content := range want {
			name, err := filepath.Rel(whole, path)
			require.NoError(t, err)
			if name != ErasuresName { // it has a random id
				require.Equal(t, content, got[filepath.Join(dir, name)], "%d KiB: %s", room, name)
			}
		}
		require.Len(t, got, len(want), "%d KiB", room)
	}
	t.Logf("the disk was full before the record %d times, after it %d times", untouched, hidden)
	require.Positive(t, untouched)
	require.Greater(t, hidden, 3)
}

// fullDisk copies a folder to a file system in memory that has so many KiB left; grow gives it room.
func fullDisk(t *testing.T, from string, left int) (dir string, grow func()) {
	t.Helper()
	const page = 4 << 10
	size := int64(left) << 10
	require.NoError(t, filepath.WalkDir(from, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += (info.Size() + page - 1) / page * page
		}
		return err
	}))
	disk := t.TempDir()
	err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d", max(size, page)))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		require.NotEqual(t, "1", os.Getenv("ROLLCALL_REQUIRE_ALL"), "mounting a small disk takes root")
		t.Skip("mounting a small disk takes root")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, syscall.MNT_DETACH)) })
	dir = filepath.Join(disk, "index")
	require.NoError(t, os.CopyFS(dir, os.DirFS(from)))
	return dir, func() {
		require.NoError(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	}
}
