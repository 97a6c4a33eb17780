package dataset

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// img2datasetPython is the interpreter that scripts/img2dataset_venv.sh provides.
func img2datasetPython(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".cache", "img2dataset-venv", "bin", "python"))
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "..", "packages.txt")); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("img2dataset is not here: run scripts/img2dataset_venv.sh")
		}
		t.Skip("img2dataset is not here: run scripts/img2dataset_venv.sh")
	}
	return path
}

// TestRealImg2datasetOutput has img2dataset itself download 24 URLs from a server of ours, six of
// which do not work, and reads what it wrote in each of its formats: every URL is a sample with its
// own caption, URL and image, or a download that failed.
func TestRealImg2datasetOutput(t *testing.T) {
	if testing.Short() {
		t.Skip("img2dataset takes half a minute")
	}
	python := img2datasetPython(t)
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "img2dataset", "download.py"), dir)
	command.Env = append(os.Environ(), "NO_ALBUMENTATIONS_UPDATE=1")
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	var kinds []string
	content, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &kinds))
	require.Len(t, kinds, 24)
	for format, want := range map[string]string{"files": "img2dataset", "webdataset": "img2dataset", "parquet": "laion"} {
		t.Run(format, func(t *testing.T) {
			source, err := Open([]string{filepath.Join(dir, format)}, "auto")
			require.NoError(t, err)
			require.Equal(t, want, source.Describe().Format)
			require.False(t, source.Describe().NoImages)
			seen := map[int]bool{}
			for _, s := range readAfter(t, source, 0) {
				var n int
				_, err := fmt.Sscanf(s.Caption, "caption %d, été", &n)
				require.NoError(t, err, s.Caption)
				require.False(t, seen[n], "%d twice", n)
				seen[n] = true
				require.True(t, strings.HasSuffix(s.URL, fmt.Sprintf("/%s/%d", kinds[n], n)), s.URL)
				require.Equal(t, float64(n)/8, s.Fields["score"])
				if kinds[n] != "image" {
					var failure *indexer.Failure
					require.ErrorAs(t, s.Err, &failure)
					require.Equal(t, indexer.ReasonDownloadFailed, failure.Reason)
					continue
				}
				require.NoError(t, s.Err)
				require.Equal(t, "\xff\xd8\xff", string(s.Image[:3]), "a JPEG")
			}
			require.Len(t, seen, 24)
		})
	}
}
