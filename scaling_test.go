package rollcall_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestScalingPageShowsWhatTheSimulationSays runs each simulation of docs/scaling.md again.
func TestScalingPageShowsWhatTheSimulationSays(t *testing.T) {
	page, err := os.ReadFile("docs/scaling.md")
	require.NoError(t, err)
	run := 0
	for block := range strings.SplitSeq(string(page), "```\n") {
		line, printed, _ := strings.Cut(block, "\n")
		command, found := strings.CutPrefix(line, "$ ")
		if !found {
			continue
		}
		run++
		out, err := exec.Command("python3", strings.Fields(command)...).Output()
		require.NoError(t, err, command)
		require.Equal(t, printed, string(out), command)
	}
	require.Positive(t, run)
}
