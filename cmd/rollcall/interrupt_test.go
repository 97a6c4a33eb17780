package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInterruptedSaysWhatIsKept: an index goes on where it was, a count is made anew, and each says so.
func TestInterruptedSaysWhatIsKept(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for said, args := range map[string][]string{
		"goes on from there": {"index", lab(t, "shards"), "--name", filepath.Join(t.TempDir(), "a"), "--model", lab(t, "model")},
		"starts again":       {"count", lab(t, "captions.tsv.gz"), "--roster", lab(t, "roster.csv")},
	} {
		var out, message bytes.Buffer
		require.Equal(t, exitInterrupted, run(stopped, append([]string{"--onnxruntime", onnxruntime(t), "--quiet"}, args...), &out, &message))
		require.Contains(t, message.String(), said)
		require.Empty(t, out.String())
	}
}
