package indexer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecondName(t *testing.T) {
	for name, give := range map[string]func(from, to string) error{"link": alsoAs, "copy": copyFile} {
		t.Run(name, func(t *testing.T) {
			from := filepath.Join(t.TempDir(), "a")
			require.NoError(t, os.WriteFile(from, []byte("content"), 0o600))
			require.NoError(t, give(from, from+"2"))
			require.NoError(t, os.Remove(from))
			got, err := os.ReadFile(from + "2")
			require.NoError(t, err)
			require.Equal(t, "content", string(got))
			require.ErrorIs(t, give(from, from+"3"), os.ErrNotExist)
		})
	}
}

func TestWriteFileKeepsTheOldOneWhenItFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.json")
	require.NoError(t, writeFile(path, []byte("old")))
	require.NoError(t, os.Mkdir(path+".tmp", 0o700)) // so that the new content has no place
	require.Error(t, writeFile(path, []byte("new")))
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
