package storage

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// childScratch is set in a process that makes a scratch folder, says where, and waits to be killed.
const childScratch = "ROLLCALL_TEST_SCRATCH"

// The folder of a process that was killed goes when another one makes its own; that of a process that
// lives stays.
func TestScratchOfDeadProcessesGoes(t *testing.T) {
	if os.Getenv(childScratch) != "" {
		s, err := NewScratch()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "partition"), []byte("x"), 0o600))
		_, err = os.Stdout.WriteString(s.Dir + "\n")
		require.NoError(t, err)
		select {}
	}
	t.Setenv("TMPDIR", t.TempDir())
	start := func() (process *exec.Cmd, dir string) {
		process = exec.Command(os.Args[0], "-test.run=^TestScratchOfDeadProcessesGoes$")
		process.Env = append(os.Environ(), childScratch+"=1")
		out, err := process.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, process.Start())
		line := make([]byte, 4096)
		n, err := out.Read(line)
		require.NoError(t, err)
		return process, string(line[:n-1])
	}
	kill := func(process *exec.Cmd) {
		require.NoError(t, process.Process.Kill())
		_ = process.Wait() // it was killed
	}
	living, kept := start()
	defer kill(living)
	dying, left := start()
	kill(dying)
	require.FileExists(t, filepath.Join(left, "partition"), "nobody removes it when its process is killed")

	mine, err := NewScratch()
	require.NoError(t, err)
	require.NoDirExists(t, left)
	require.FileExists(t, filepath.Join(kept, "partition"))
	again, err := NewScratch()
	require.NoError(t, err)
	require.DirExists(t, mine.Dir, "a second one of the same process")
	require.NoError(t, mine.Close())
	require.NoError(t, again.Close())
	require.NoDirExists(t, mine.Dir)
}

// What is not this user's alone is not used: TMPDIR is often a folder of everybody.
func TestScratchRefused(t *testing.T) {
	for name, prepare := range map[string]func(root string) error{
		"open to others": func(root string) error { return os.Chmod(root, 0o755) },
		"a link": func(root string) error {
			if err := os.Rename(root, root+"-elsewhere"); err != nil {
				return err
			}
			return os.Symlink(root+"-elsewhere", root)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			s, err := NewScratch()
			require.NoError(t, err)
			require.NoError(t, s.Close())
			require.NoError(t, prepare(filepath.Dir(s.Dir)))
			_, err = NewScratch()
			require.ErrorContains(t, err, "is not a folder of yours alone: remove it, or let TMPDIR say another place")
		})
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	_, err := NewScratch()
	require.ErrorContains(t, err, "TMPDIR says where")
}
