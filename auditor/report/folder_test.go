package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/auditor"
)

func TestFolderRendersAgainAsItDidFirst(t *testing.T) {
	target := filepath.Join(t.TempDir(), "out", "run")
	f, err := Create(target)
	require.NoError(t, err)
	o := world(t, 12, 10, 5)
	o.Predictions = f
	require.NoError(t, auditor.Run(t.Context(), o, f))
	require.NoFileExists(t, filepath.Join(target, "run.jsonl"), "nothing is in place before Commit")
	require.NoError(t, f.Commit())

	stream, err := os.Open(filepath.Join(target, "run.jsonl"))
	require.NoError(t, err)
	defer stream.Close()
	again, err := Load(stream)
	require.NoError(t, err)
	second := t.TempDir()
	require.NoError(t, WriteReports(second, again))
	for _, name := range filesOf(t, second) {
		first, err := os.ReadFile(filepath.Join(target, name))
		require.NoError(t, err, name)
		rendered, err := os.ReadFile(filepath.Join(second, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(first, rendered), name)
	}
	require.Len(t, filesOf(t, target), len(filesOf(t, second))+2, "and run.jsonl and predictions.parquet")

	rows, err := parquet.ReadFile[prediction](filepath.Join(target, "predictions.parquet"))
	require.NoError(t, err)
	require.Len(t, rows, 22*5*21)
	entries, err := os.ReadDir(filepath.Dir(target))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no working folder is left")
}

func TestFolderReplacesARunOnlyByAWholeOne(t *testing.T) {
	target := filepath.Join(t.TempDir(), "run")
	f, err := Create(target)
	require.NoError(t, err)
	require.NoError(t, auditor.Run(t.Context(), world(t, 4, 4, 4), f))
	require.NoError(t, f.Commit())
	before, err := os.ReadFile(filepath.Join(target, "run.jsonl"))
	require.NoError(t, err)

	broken, err := Create(target)
	require.NoError(t, err)
	o := world(t, 4, 4, 4)
	o.Tau = 99
	require.Error(t, auditor.Run(t.Context(), o, broken))
	require.NoError(t, broken.Abort())
	after, err := os.ReadFile(filepath.Join(target, "run.jsonl"))
	require.NoError(t, err)
	require.Equal(t, before, after)

	next, err := Create(target)
	require.NoError(t, err)
	require.NoError(t, auditor.Run(t.Context(), world(t, 5, 4, 4), next))
	require.NoError(t, next.Commit())
	csv, err := os.ReadFile(filepath.Join(target, "summary.csv"))
	require.NoError(t, err)
	require.Equal(t, 1+9, bytes.Count(csv, []byte("\n")))
}

func TestFolderRefusesSomethingElsesFolder(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.tex"), []byte("x"), 0o644))
	_, err := Create(dir)
	require.ErrorContains(t, err, "thesis.tex")
}

func filesOf(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	}))
	return out
}
