package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// endings are the commands that can come to the end of an index of the lab's first 200 samples, whose
// partitions the tasks 0/2 and 1/2 share.
func endings(t *testing.T, name string) map[string][]string {
	t.Helper()
	whole := []string{"index", lab(t, "shards"), "--name", name, "--model", lab(t, "model"), "--partition-rows", "30", "--limit", "200"}
	return map[string][]string{
		"plain":  whole,
		"task":   append(whole[:len(whole):len(whole)], "--task", "1/2"),
		"finish": {"index", "--finish", "--name", name},
	}
}

// allButTheEnd makes an index on disk of which everything is there but the end: img_emb cannot be made
// while a file has its name.
func allButTheEnd(t *testing.T, dir string) {
	t.Helper()
	args := endings(t, dir)["plain"]
	rollcall(t, append(args, "--task", "0/2")...)
	inTheWay := filepath.Join(dir, "img_emb")
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	code, _ := failing(t, append(args, "--task", "1/2")...)
	require.Equal(t, exitFailed, code)
	require.NoError(t, os.Remove(inTheWay))
	require.NoFileExists(t, filepath.Join(dir, "metadata"))
}

// afterKilling says which ending is run when another one was killed.
var afterKilling = map[string]string{"plain": "task", "task": "finish", "finish": "plain"}

// TestKilledWhenComplete kills the real program in the moment after it has written the complete
// index.json, on disk: what it had no time to remove is found by verify, and removed by a command that
// can come to the end, which says that the index is complete. Every file then is that of an undisturbed
// run.
func TestKilledWhenComplete(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	rollcall(t, endings(t, whole)["plain"]...)
	want := tree(t, whole)
	ready := filepath.Join(t.TempDir(), "ready")
	allButTheEnd(t, ready)
	for killed, again := range afterKilling {
		t.Run(killed, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "index")
			require.NoError(t, os.CopyFS(dir, os.DirFS(ready)))
			litter(t, dir)
			killWhenComplete(t, endings(t, dir)[killed], func() (string, error) {
				text, err := os.ReadFile(filepath.Join(dir, "index.json"))
				return string(text), err
			})
			require.DirExists(t, filepath.Join(dir, ".building"), "it was killed before it had removed it")
			code, _ := failing(t, "verify", dir)
			require.Equal(t, exitFailed, code)
			require.Contains(t, rollcall(t, endings(t, dir)[again]...), dir+" is complete: 200 samples, 200 rows in 7 partitions, 0 failures")
			require.NoDirExists(t, filepath.Join(dir, ".building"))
			require.Equal(t, want, tree(t, dir))
			require.Contains(t, rollcall(t, "verify", dir), "0 findings")
		})
	}
}

// litter puts so much into a partition's folder that to remove it takes a while.
func litter(t *testing.T, dir string) {
	t.Helper()
	done, err := os.ReadFile(filepath.Join(dir, ".building", "done", "0.json"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(done), `"folder":"`)
	require.True(t, found)
	folder, _, _ := strings.Cut(rest, `"`)
	into := filepath.Join(dir, ".building", folder, "litter")
	require.NoError(t, os.Mkdir(into, 0o700))
	for i := range 3000 {
		require.NoError(t, os.WriteFile(filepath.Join(into, fmt.Sprint(i)), nil, 0o600))
	}
}

// killWhenComplete runs the program and kills it as soon as index.json says that it is complete.
func killWhenComplete(t *testing.T, args []string, manifest func() (string, error)) {
	t.Helper()
	cmd := exec.Command(built(t), append([]string{"--onnxruntime", onnxruntime(t), "--quiet"}, args...)...)
	var message bytes.Buffer
	cmd.Stderr = &message
	require.NoError(t, cmd.Start())
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Microsecond) {
		text, err := manifest()
		if err == nil && strings.Contains(text, `"state": "complete"`) {
			break
		}
		require.True(t, time.Now().Before(deadline), "%v: %s", err, &message)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
	_ = cmd.Wait() // it was killed
}

// TestKilledWhenCompleteInABucket does the same in a bucket.
func TestKilledWhenCompleteInABucket(t *testing.T) {
	c := startS3(t)
	whole := filepath.Join(t.TempDir(), "whole")
	rollcall(t, endings(t, whole)["plain"]...)
	want := original(t, whole)
	ready := filepath.Join(t.TempDir(), "ready")
	allButTheEnd(t, ready)
	bucket := c.bucket(t)
	for killed, again := range afterKilling {
		t.Run(killed, func(t *testing.T) {
			c.upload(t, ready, killed)
			require.NoError(t, bucket.Delete(t.Context(), killed+"/.lock"))
			for i := range 300 {
				require.NoError(t, bucket.WriteAll(t.Context(), fmt.Sprintf("%s/.building/3-killed/%d", killed, i), nil, nil))
			}
			killWhenComplete(t, endings(t, c.url(killed))[killed], func() (string, error) {
				text, err := bucket.ReadAll(t.Context(), killed+"/index.json")
				return string(text), err // of one that is being replaced, this server gives the checksum of the other
			})
			require.NotEmpty(t, c.objects(t, killed+"/.building"), "it was killed before it had removed them")
			require.Contains(t, rollcall(t, endings(t, c.url(killed))[again]...), "is complete: 200 samples, 200 rows in 7 partitions, 0 failures")
			requireSameFiles(t, want, c.objects(t, killed))
		})
	}
}
