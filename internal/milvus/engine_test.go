package milvus

import (
	"errors"
	"flag"
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
	env     []string // settings of its own
}

var startEngine = sync.OnceValues(func() (engine, error) { return newEngine() })

// newEngine starts an engine in a folder of its own.
func newEngine(env ...string) (engine, error) {
	dir, err := os.MkdirTemp("", "milvus-test-")
	if err != nil {
		return engine{}, err
	}
	e := engine{dir: dir, env: env}
	for _, step := range []string{"start", "wait"} {
		if err := e.script(step); err != nil {
			return e, err
		}
	}
	port, err := os.ReadFile(filepath.Join(dir, "port"))
	e.address = "127.0.0.1:" + strings.TrimSpace(string(port))
	return e, err
}

// The one user of a new engine. The engines of the tests ask who calls.
const (
	testUser     = "root"
	testPassword = "Milvus"
)

// script runs a command of scripts/milvus.sh on the engine's folder. Its coordinators look around
// more often than usual, so that small collections load in less than a second.
func (e engine) script(command string) error {
	cmd := exec.Command("../../scripts/milvus.sh", command, e.dir)
	cmd.Env = append(os.Environ(), "LOG_LEVEL=warn", "COMMON_SECURITY_AUTHORIZATIONENABLED=true",
		"DATACOORD_SEGMENT_ASSIGNMENTEXPIRATION=300", // a flush waits for it
		"QUERYCOORD_CHECKINTERVAL=50", "QUERYCOORD_CHECKSEGMENTINTERVAL=50", "QUERYCOORD_CHECKCHANNELINTERVAL=50",
		"QUERYCOORD_DISTPULLINTERVAL=50", "QUERYCOORD_CHECKHANDOFFINTERVAL=500")
	cmd.Env = append(cmd.Env, e.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("milvus.sh %s: %w: %s", command, err, out)
	}
	return nil
}

// TestMain stops the engine if a test has started it. Most of the tests wait for the engine most of
// the time, so more of them run at once than there are cores; -parallel has the last word.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "12"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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

// needEngine skips the test where there is no engine.
func needEngine(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("../../.cache/milvus/engine/bin/milvus"); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("no Milvus engine in .cache/milvus/engine: run scripts/setup.sh --only milvus")
		}
		t.Skip("no Milvus engine in .cache/milvus/engine: scripts/setup.sh --only milvus fetches it")
	}
}

// dial connects to the shared engine.
func dial(t testing.TB) *Client {
	t.Helper()
	needEngine(t)
	engineUsed.Store(true)
	e, err := startEngine()
	require.NoError(t, err)
	return dialAs(t, Config{Address: e.address, Username: testUser, Password: testPassword})
}

// dialAs connects with settings of the test's own.
func dialAs(t testing.TB, cfg Config) *Client {
	t.Helper()
	c, err := Dial(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}
