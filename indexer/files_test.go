package indexer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFirstOneStays(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "record")
	for i, content := range []string{"first", "second"} {
		temp := filepath.Join(dir, content)
		require.NoError(t, writeSynced(temp, []byte(content)))
		err := publishFirst(temp, path)
		require.Equal(t, i == 1, errors.Is(err, fs.ErrExist))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "first", string(got))
}

func TestMovedFileIsNoError(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a"), filepath.Join(dir, "sub", "b")
	require.NoError(t, os.WriteFile(from, []byte("content"), 0o600))
	require.NoError(t, moveFile(from, to))
	require.NoError(t, moveFile(from, to))
	require.ErrorIs(t, moveFile(from, to+"2"), fs.ErrNotExist)
}

func TestWriteFileKeepsTheOldOneWhenItFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.json")
	require.NoError(t, writeFile(path+".tmp", path, []byte("old")))
	require.NoError(t, os.Mkdir(path+".tmp", 0o700)) // so that the new content has no place
	require.Error(t, writeFile(path+".tmp", path, []byte("new")))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
}

func TestPadded(t *testing.T) {
	for name, want := range map[string]string{
		"img_emb/img_emb_7.npy": "img_emb/img_emb_007.npy", "ledger/ledger_42.jsonl": "ledger/ledger_042.jsonl",
		"metadata/metadata_123.parquet": "metadata/metadata_123.parquet", "notes.txt": "notes.txt",
	} {
		require.Equal(t, want, padded(name, 3))
	}
}
