package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCountCaptionsInABucket: captions in a bucket are counted as those on disk are, evidence and all,
// on a real server.
func TestCountCaptionsInABucket(t *testing.T) {
	c := startS3(t)
	captions, err := os.ReadFile(lab(t, "captions.tsv.gz"))
	require.NoError(t, err)
	require.NoError(t, c.bucket(t).WriteAll(t.Context(), "captions/captions.tsv.gz", captions, nil))
	dir := t.TempDir()
	for name, from := range map[string]string{"disk": lab(t, "captions.tsv.gz"), "bucket": c.url("captions/captions.tsv.gz")} {
		rollcall(t, "count", from, "--roster", lab(t, "roster.csv"), "-o", filepath.Join(dir, name+".csv"), "--evidence-out", filepath.Join(dir, name+".jsonl"))
	}
	requireCountsOfRoster(t, filepath.Join(dir, "bucket.csv"), lab(t, "roster.csv"))
	files := tree(t, dir)
	require.Equal(t, files["disk.jsonl"], files["bucket.jsonl"])
}
