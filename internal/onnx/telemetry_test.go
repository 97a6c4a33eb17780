package onnx

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNothingIsToldToOthers runs a graph in a process with a home folder of its own. ONNX Runtime's
// telemetry keeps an identifier and its events there before it sends them; it must keep nothing.
func TestNothingIsToldToOthers(t *testing.T) {
	const child = "ROLLCALL_TEST_TELEMETRY"
	if os.Getenv(child) != "" {
		startedRuntime(t)
		p, err := NewProduct(Options{})
		require.NoError(t, err)
		_, err = p.Multiply(t.Context(), []float32{1}, []float32{1}, 1)
		require.NoError(t, err)
		require.NoError(t, p.Close())
		return
	}
	if _, err := os.Stat(filepath.Join("..", "..", ".cache", "onnxruntime")); err != nil {
		skip(t, "ONNX Runtime is absent: run make setup")
	}
	home := t.TempDir()
	// No other variable: CI and ORT_DISABLE_TELEMETRY, too, would turn telemetry off.
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingIsToldToOthers$", "-test.v")
	cmd.Env = []string{"HOME=" + home, child + "=1"}
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	require.Contains(t, string(said), "--- PASS: TestNothingIsToldToOthers", "the child ran")
	left, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Empty(t, left)
}
