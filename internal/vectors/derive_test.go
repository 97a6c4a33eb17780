package vectors

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// unitBatch makes rows of random directions and length 1.
func unitBatch(rows, dimension int) retriever.RowBatch {
	b := randomBatch(rows, dimension)
	for _, v := range b.Image {
		length := float32(math.Sqrt(exactSquare(v)))
		for j := range v {
			v[j] /= length
		}
	}
	return b
}

// derivedIndex makes an index of 3 partitions with everything derived.
func derivedIndex(t *testing.T) string {
	t.Helper()
	dir := buildIndex(t, []retriever.RowBatch{unitBatch(300, 40), unitBatch(70, 40), unitBatch(64, 40)})
	require.NoError(t, Derive(t.Context(), dir, DeriveOptions{OneBit: true}))
	return dir
}

// TestVerifyDerived: verify passes what Derive made, and finds a byte that changed in any of it.
func TestVerifyDerived(t *testing.T) {
	dir := derivedIndex(t)
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, texts(report))
	require.Equal(t, 15, report.Files, "3 partitions of vectors, metadata, codes, bits and Arrow")

	paths, err := filepath.Glob(filepath.Join(dir, derivedFolder, "*", "*"))
	require.NoError(t, err)
	require.Len(t, paths, 9)
	for _, path := range paths {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		shown, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		for name, at := range map[string]int{"start": 3, "axis or later": len(content) * 3 / 5, "end": len(content) - 100} {
			if filepath.Ext(path) == arrowSuffix {
				at = len(content) - 1 // of the closing mark; padding lies between Arrow's values
			}
			changed := append([]byte(nil), content...)
			changed[at] ^= 0x10
			require.NoError(t, os.WriteFile(path, changed, 0o600))
			report, err := Verify(t.Context(), dir)
			require.NoError(t, err)
			require.Len(t, report.Findings, 1, "%s: %s", shown, name)
			require.Equal(t, shown, report.Findings[0].File)
			require.Equal(t, actDerive, report.Findings[0].Action)
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
}

// TestVerifyDerivedRow: a caption that changed in the Arrow file alone is found, with its row.
func TestVerifyDerivedRow(t *testing.T) {
	dir := derivedIndex(t)
	s := openStore(t, dir)
	other := s.parts[1]
	is, err := originOf(dir, other.metadata, s.manifest, other.number)
	require.NoError(t, err)
	batch := unitBatch(70, 40)
	batch.Rows[7].Caption = "another photo"
	wrong := buildIndex(t, []retriever.RowBatch{unitBatch(1, 40), batch})
	path := derivedPath(dir, other.metadata, arrowSuffix)
	require.NoError(t, writeArrow(t.Context(), path, filepath.Join(wrong, other.metadata), is))
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Equal(t, []string{"derived/metadata/metadata_1.arrow row 7 (row 307 of the index): " +
		"the row is not as in the metadata it was made from; " + actDerive}, texts(report))
}

// deriveFolder names, for a process that TestKilledDerive starts, the folder to work on.
const deriveFolder = "ROLLCALL_TEST_DERIVE"

// TestKilledDerive kills Derive in another process at random moments. What is there then is whole
// and right, and the next Derive makes the rest.
func TestKilledDerive(t *testing.T) {
	if dir := os.Getenv(deriveFolder); dir != "" {
		require.NoError(t, Derive(context.Background(), dir, DeriveOptions{OneBit: true}))
		return
	}
	program, err := os.Executable()
	require.NoError(t, err)
	var data []retriever.RowBatch
	for range 12 {
		data = append(data, unitBatch(1500, 64))
	}
	original := buildIndex(t, data)
	work := func(dir string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), program, "-test.run", "^TestKilledDerive$")
		cmd.Env = append(os.Environ(), deriveFolder+"="+dir)
		return cmd
	}
	whole := copyFolder(t, original)
	started := time.Now()
	out, err := work(whole).CombinedOutput()
	require.NoError(t, err, string(out))
	took := time.Since(started)
	want := map[string]string{}
	for path, content := range readTree(t, whole) {
		name, err := filepath.Rel(whole, path)
		require.NoError(t, err)
		want[name] = content
	}
	require.Len(t, want, 1+12*2+12*3)
	partial := 0
	random := rand.New(rand.NewPCG(5, 6))
	for attempt := range 10 {
		dir := copyFolder(t, original)
		cmd := work(dir)
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(random.Int64N(int64(took))))
		_ = cmd.Process.Kill() // it may have ended already
		_ = cmd.Wait()         // it was killed
		made := 0
		for path, content := range readTree(t, dir) {
			name, err := filepath.Rel(dir, path)
			require.NoError(t, err)
			if filepath.Ext(name) != ".tmp" {
				require.Equal(t, want[name], content, "attempt %d: %s", attempt, name)
				made++
			}
		}
		if made > 1+12*2 && made < len(want) {
			partial++
		}
		report, err := Verify(t.Context(), dir)
		require.NoError(t, err)
		require.Empty(t, texts(report), "attempt %d", attempt)
		require.NoError(t, Derive(t.Context(), dir, DeriveOptions{OneBit: true}))
		got := readTree(t, dir)
		require.Len(t, got, len(want), "attempt %d: nothing half-made is left", attempt)
		for name, content := range want {
			require.Equal(t, content, got[filepath.Join(dir, name)], "attempt %d: %s", attempt, name)
		}
	}
	t.Logf("%d of 10 kills came while files were being made", partial)
}
