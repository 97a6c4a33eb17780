package main

import (
	"bytes"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// fullDisk takes some bytes and no more.
type fullDisk struct{ left int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.left -= len(b); d.left < 0 {
		return 0, syscall.ENOSPC
	}
	return len(b), nil
}

// TestOutputThatFails: an output that cannot be written is no fault of the inputs, also where it is
// found while they are read.
func TestOutputThatFails(t *testing.T) {
	for name, args := range map[string][]string{
		"partial":  {"--task", "1/1", "-o", "-"},
		"evidence": {"--task", "1/1", "--evidence-out", "-"},
		"counts":   {"-o", "-"},
		"table":    {},
	} {
		t.Run(name, func(t *testing.T) {
			var message bytes.Buffer
			args := append([]string{"--quiet", "count", lab(t, "captions.tsv.gz"), "--roster", lab(t, "roster.csv")}, args...)
			if name == "evidence" {
				args = append(args, "-o", filepath.Join(t.TempDir(), "partial"))
			}
			require.Equal(t, exitFailed, run(t.Context(), args, &fullDisk{100}, &message), message.String())
			require.Contains(t, message.String(), "no space left on device")
		})
	}
}
