package server_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/peers"

	"github.com/stretchr/testify/require"
)

// TestTheNotebookRuns runs the Python of docs/notebook.md on the small world.
func TestTheNotebookRuns(t *testing.T) {
	python := peers.Python(t)
	document, err := os.ReadFile("../../docs/notebook.md")
	require.NoError(t, err)
	_, code, found := strings.Cut(string(document), "```python\n")
	require.True(t, found)
	code, _, _ = strings.Cut(code, "```")
	code = strings.ReplaceAll(code, "http://127.0.0.1:1234", smallWorld(t))
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "roster.csv"), []byte("id,name\nann,Ann Lee\nbo,Bo Park\n"), 0o600))
	cmd := exec.CommandContext(t.Context(), python, "-c", code)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Regexp(t, `(?m)^ann +4$`, string(out), "Ann Lee is named in four captions")
	require.Regexp(t, `(?m)^ +3 +Ann Lee Ann Lee with Bo Park`, string(out))
}
