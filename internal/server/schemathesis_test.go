package server_test

import (
	"os/exec"
	"regexp"
	"testing"

	"rollcall/internal/peers"

	"github.com/stretchr/testify/require"
)

// TestTheServiceKeepsItsOwnDescription lets schemathesis make requests of every operation of
// /openapi.json, while a count and an audit run: no answer is a 5xx, has a status or a type that is not
// described, or breaks its schema.
func TestTheServiceKeepsItsOwnDescription(t *testing.T) {
	program := peers.PythonProgram(t, "schemathesis")
	base := smallWorld(t)
	status, answer := raw(t, "POST", base+"/v1/people/ann/photos", "image/png", string(dot(t, hues[0])))
	require.Equal(t, 201, status, answer)
	for path, request := range map[string]map[string]any{"/v1/counts": {"index": "small"}, "/v1/audits": {"decoys": 500}} {
		status, job := call(t, "POST", base+path, request)
		require.Equal(t, 202, status, job)
	}
	cmd := exec.CommandContext(t.Context(), program, "run", base+"/openapi.json", "--max-examples", "10", "--seed", "1",
		"--phases", "examples,fuzzing", "--request-timeout", "10",
		"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance")
	cmd.Dir = t.TempDir() // it leaves a cache where it runs
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	selected := regexp.MustCompile(`Selected:\s+(\d+)/(\d+)`).FindStringSubmatch(string(out))
	require.NotNil(t, selected, string(out))
	require.Equal(t, selected[1], selected[2], "every operation was asked")
}
