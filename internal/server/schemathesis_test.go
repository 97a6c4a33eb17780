package server_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheServiceKeepsItsOwnDescription lets schemathesis make requests of /openapi.json, in order
// and out of it: no answer is a 5xx, has a status or a type that is not described, or breaks its
// schema.
func TestTheServiceKeepsItsOwnDescription(t *testing.T) {
	program, err := filepath.Abs("../../.cache/py-venv/bin/schemathesis")
	require.NoError(t, err)
	if _, err := exec.LookPath(program); err != nil {
		absent(t, "schemathesis is not here: run scripts/python_peers.sh")
	}
	base := smallWorld(t)
	cmd := exec.CommandContext(t.Context(), program, "run", base+"/openapi.json", "--max-examples", "10", "--seed", "1",
		"--phases", "examples,fuzzing", "--request-timeout", "10",
		"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance")
	cmd.Dir = t.TempDir() // it leaves a cache where it runs
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "passed")
}
