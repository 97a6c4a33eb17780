package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestMain gives models one thread, also in the programs that stories start: several tests run at a time,
// and ONNX Runtime's threads wait for each other by spinning, which doubles what everything takes. Four at
// a time, unless -parallel says otherwise: some of them wait for a Milvus to start.
func TestMain(m *testing.M) {
	if err := errors.Join(os.Setenv("ROLLCALL_THREADS", "1"), flag.Set("test.parallel", "4")); err != nil {
		panic(err)
	}
	testscript.Main(tests{m}, map[string]func(){"rollcall": main})
}

// tests are those of this package, and what they share is removed after them.
type tests struct{ *testing.M }

func (t tests) Run() int {
	defer func() { _ = os.RemoveAll(sharedFolder()) }() // in the system's folder for what may be lost
	return t.M.Run()
}

// sharedFolder is for what several tests read.
func sharedFolder() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("rollcall-tests-%d", os.Getpid()))
}

// TestStories runs the command as its users do, on real models and data.
func TestStories(t *testing.T) { runScripts(t, "testdata/script") }

// TestRefusals runs what must be refused: a clear error, the right exit code, nothing changed.
func TestRefusals(t *testing.T) { runScripts(t, "testdata/refusals") }

func runScripts(t *testing.T, dir string) {
	library := onnxruntime(t)
	root := projectRoot(t)
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROLLCALL_ONNXRUNTIME", library)
			env.Setenv("LAB", filepath.Join(root, "testdata", "lab"))
			env.Setenv("SCRIPTS", filepath.Join(root, "scripts"))
			env.Setenv("FACES", filepath.Join(root, ".cache", "faces"))
			env.Setenv("FIXTURES", filepath.Join(root, "..", "shared", "fixtures"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			path := map[string]string{
				"milvus":   filepath.Join(root, ".cache", "milvus", "engine", "bin", "milvus"),
				"faces":    filepath.Join(root, ".cache", "faces", "photos"),
				"fixtures": filepath.Join(root, "..", "shared", "fixtures", "models", "own"),
			}[name]
			_, err := os.Stat(path)
			if err != nil && os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
				return false, err
			}
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command and checks its exit code: exits 2 rollcall index ...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	err := ts.Exec("sh", append([]string{"-c", `code=$1; shift; "$@"; got=$?; [ "$got" = "$code" ] || { echo "exit code $got, not $code" >&2; exit 99; }`, "exits"}, args...)...)
	if err != nil {
		ts.Fatalf("%v", err)
	}
}

func projectRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return root
}

// onnxruntime is the library that make setup fetches.
func onnxruntime(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(projectRoot(t), ".cache", "onnxruntime", "libonnxruntime.so.*"))
	require.NoError(t, err)
	if len(found) == 0 {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("ONNX Runtime is not here: run make setup")
		}
		t.Skip("ONNX Runtime is not here: run make setup")
	}
	return found[0]
}
