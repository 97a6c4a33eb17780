package milvus

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// engine is the Milvus that the package's tests share, started by the first one that needs it.
type engine struct {
	dir     string
	address string
}

var startEngine = sync.OnceValues(func() (engine, error) {
	dir, err := os.MkdirTemp("", "milvus-test-")
	if err != nil {
		return engine{}, err
	}
	e := engine{dir: dir}
	for _, step := range []string{"start", "wait"} {
		if err := e.script(step); err != nil {
			return e, err
		}
	}
	port, err := os.ReadFile(filepath.Join(dir, "port"))
	e.address = "127.0.0.1:" + strings.TrimSpace(string(port))
	return e, err
})

// script runs a command of scripts/milvus.sh on the engine's folder. Its coordinators look around
// more often than usual, so that small collections load in less than a second.
func (e engine) script(command string) error {
	cmd := exec.Command("../../scripts/milvus.sh", command, e.dir)
	cmd.Env = append(os.Environ(), "LOG_LEVEL=warn",
		"DATACOORD_SEGMENT_ASSIGNMENTEXPIRATION=300", // a flush waits for it
		"QUERYCOORD_CHECKINTERVAL=50", "QUERYCOORD_CHECKSEGMENTINTERVAL=50", "QUERYCOORD_CHECKCHANNELINTERVAL=50",
		"QUERYCOORD_DISTPULLINTERVAL=50", "QUERYCOORD_CHECKHANDOFFINTERVAL=500")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("milvus.sh %s: %w: %s", command, err, out)
	}
	return nil
}

// TestMain stops the engine if a test has started it.
func TestMain(m *testing.M) {
	code := m.Run()
	if engineUsed.Load() {
		e, startErr := startEngine()
		if died := e.script("status"); died != nil {
			last, _ := exec.Command("sh", "-c", "tail -n 40 "+e.dir+"/logs/std*.log").CombinedOutput()
			fmt.Fprintf(os.Stderr, "the engine ended during the tests: %v\n%s\n", died, last)
			code = 1
		}
		err := errors.Join(startErr, e.script("kill"), os.RemoveAll(e.dir))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// engineUsed is set by the first test that needs the engine.
var engineUsed atomic.Bool

// dial connects to the engine, or skips the test where there is none.
func dial(t testing.TB) *Client {
	t.Helper()
	if _, err := os.Stat("../../.cache/milvus/engine/bin/milvus"); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("no Milvus engine in .cache/milvus/engine: run scripts/setup.sh --only milvus")
		}
		t.Skip("no Milvus engine in .cache/milvus/engine: scripts/setup.sh --only milvus fetches it")
	}
	engineUsed.Store(true)
	e, err := startEngine()
	require.NoError(t, err)
	c, err := Dial(t.Context(), Config{Address: e.address})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}
