package indexer_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// Whatever is changed in index.json or a ledger is found, and said of the file that it is in.
func TestCheckFindsWhatWasChanged(t *testing.T) {
	whole := t.TempDir()
	m, err := indexer.Run(t.Context(), options(whole, withBad(125)))
	require.NoError(t, err)
	flaws, checked, err := m.Check(t.Context(), whole)
	require.NoError(t, err)
	require.Empty(t, flaws)
	require.Equal(t, 13, checked)

	ledger := func(old, replacement string) func(t *testing.T, dir string, m *indexer.Manifest) {
		return func(t *testing.T, dir string, m *indexer.Manifest) {
			path := filepath.Join(dir, "ledger", "ledger_00.jsonl")
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Contains(t, string(text), old)
			changed := strings.Replace(string(text), old, replacement, 1)
			require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
			m.Partitions[0].SHA256["ledger/ledger_00.jsonl"] = fmt.Sprintf("%x", sha256.Sum256([]byte(changed)))
		}
	}
	first := ledgerOf(t, whole)[0]
	for _, test := range []struct {
		name, file, want string
		change           func(t *testing.T, dir string, m *indexer.Manifest)
	}{
		{"fingerprint", "index.json", "its fingerprint is 0", func(_ *testing.T, _ string, m *indexer.Manifest) { m.Fingerprint = "0" }},
		{"model", "index.json", "its fingerprint is", func(_ *testing.T, _ string, m *indexer.Manifest) { m.Model.Digest = "0" }},
		{"option", "index.json", "its fingerprint is", func(_ *testing.T, _ string, m *indexer.Manifest) { m.Options.Limit = 7 }},
		{"cleaned", "index.json", "not UTF-8", func(_ *testing.T, _ string, m *indexer.Manifest) { m.Cleaned++ }},
		{"number", "index.json", "partition 7 has the place of partition 3", func(_ *testing.T, _ string, m *indexer.Manifest) { m.Partitions[3].Number = 7 }},
		{"samples", "index.json", "partition 3 has 9 samples, and all but the last one have 10", func(_ *testing.T, _ string, m *indexer.Manifest) { m.Partitions[3].Samples-- }},
		{"reason", "index.json", "those of the ledgers", func(_ *testing.T, _ string, m *indexer.Manifest) {
			m.Reasons["no-image"]++
			m.Reasons["no-caption"]--
		}},
		{"no vectors", "index.json", "partition 1 names no file in img_emb", func(_ *testing.T, _ string, m *indexer.Manifest) {
			delete(m.Partitions[1].SHA256, "img_emb/img_emb_01.npy")
		}},
		{"no ledger", "index.json", "partition 1 names no file in ledger", func(_ *testing.T, _ string, m *indexer.Manifest) {
			delete(m.Partitions[1].SHA256, "ledger/ledger_01.jsonl")
		}},
		{"outside", "index.json", "which is none of its files", func(_ *testing.T, _ string, m *indexer.Manifest) {
			m.Partitions[1].SHA256["../secret"] = "0"
		}},
		{"stranger", "img_emb/img_emb_77.npy", "does not name it", func(t *testing.T, dir string, _ *indexer.Manifest) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "img_emb", "img_emb_77.npy"), nil, 0o600))
		}},
		{"state", ".building", "a run that was killed when the index was complete left it", func(t *testing.T, dir string, _ *indexer.Manifest) {
			require.NoError(t, os.Mkdir(filepath.Join(dir, ".building"), 0o700))
		}},
		{"manifest", "index.json.tmp", "a run that was killed when the index was complete left it", func(t *testing.T, dir string, _ *indexer.Manifest) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "index.json.tmp"), nil, 0o600))
		}},
		{"ledger gone", "ledger/ledger_00.jsonl", "no such file", func(t *testing.T, dir string, _ *indexer.Manifest) {
			require.NoError(t, os.Remove(filepath.Join(dir, "ledger", "ledger_00.jsonl")))
		}},
		{"ledger cut", "ledger/ledger_00.jsonl", "it was changed or damaged", func(t *testing.T, dir string, _ *indexer.Manifest) {
			require.NoError(t, os.Truncate(filepath.Join(dir, "ledger", "ledger_00.jsonl"), 10))
		}},
		{"reason in the ledger", "index.json", "those of the ledgers", ledger(string(first.Reason), "what")},
		{"sample of another partition", "ledger/ledger_00.jsonl", "record 1 is of sample 99", ledger(fmt.Sprintf(`{"sample":%d,`, first.Sample), `{"sample":99,`)},
		{"record gone", "ledger/ledger_00.jsonl", "records for", func(t *testing.T, dir string, m *indexer.Manifest) {
			text, err := os.ReadFile(filepath.Join(dir, "ledger", "ledger_00.jsonl"))
			require.NoError(t, err)
			line, _, _ := strings.Cut(string(text), "\n")
			ledger(line+"\n", "")(t, dir, m)
		}},
		{"no JSON", "ledger/ledger_00.jsonl", "record 1 cannot be read", ledger("{", "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "index")
			require.NoError(t, os.CopyFS(dir, os.DirFS(whole)))
			m, err := indexer.ReadManifest(dir)
			require.NoError(t, err)
			test.change(t, dir, m)
			flaws, _, err := m.Check(t.Context(), dir)
			require.NoError(t, err)
			require.NotEmpty(t, flaws)
			require.Equal(t, test.file, flaws[0].File)
			require.Contains(t, flaws[0].Problem, test.want)
		})
	}
}
