package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exporterPython is the interpreter that scripts/exporter_venv.sh provides.
func exporterPython(t *testing.T) string {
	t.Helper()
	path := filepath.Join(projectRoot(t), ".cache", "exporter-venv", "bin", "python")
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "..", "packages.txt")); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("PyTorch and open_clip are not here: run scripts/exporter_venv.sh")
		}
		t.Skip("PyTorch and open_clip are not here: run scripts/exporter_venv.sh")
	}
	return path
}

// The least cosine to PyTorch that a variant may have; scripts/export_open_clip.py holds the same.
var exportFloors = map[string]float64{"": 0.99999, "fp16": 0.9995, "int8": 0.995}

// exportTexts differ in length, so that batches of several lengths run.
var exportTexts = []string{
	"a", "a photo of a dog", "Ada Lovelace at her desk", "a painting, in oil, of the harbour at night with many small boats and one large one",
	strings.Repeat("very ", 90) + "long", "Zoë & José — “quoted”",
}

// TestExportedModelsGiveTheVectorsOfPyTorch makes models with open_clip, exports them as a user does,
// and embeds texts and images with the bundles: the vectors are those that PyTorch gave, within the
// cosine of each variant.
func TestExportedModelsGiveTheVectorsOfPyTorch(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("PyTorch is started three times")
	}
	python := exporterPython(t)
	dir := t.TempDir()
	photos, err := filepath.Glob(lab(t, "photos", "*", "*.jpg"))
	require.NoError(t, err)
	texts, images := filepath.Join(dir, "texts.txt"), filepath.Join(dir, "images.txt")
	require.NoError(t, os.WriteFile(texts, []byte(strings.Join(exportTexts, "\n")+"\n"), 0o600))
	require.NoError(t, os.WriteFile(images, []byte(strings.Join(photos[:12], "\n")+"\n"), 0o600))
	runPython(t, python, filepath.Join("testdata", "exporter", "make_models.py"), dir, texts, images)
	for _, name := range []string{"gelu", "quickgelu"} {
		t.Run(name, func(t *testing.T) {
			home := filepath.Join(dir, name)
			bundle := filepath.Join(home, "bundle")
			runPython(t, python, filepath.Join(projectRoot(t), "scripts", "export_open_clip.py"), "--config", filepath.Join(home, "open_clip_config.json"),
				"--name", name, "--checkpoint", filepath.Join(home, "checkpoint.pt"), "--out", bundle)
			checkParity(t, bundle)
			require.Contains(t, rollcall(t, "model", "inspect", bundle), name)
			var want struct{ Texts, Images [][]float64 }
			readJSONFile(t, filepath.Join(home, "reference.json"), &want)
			for variant, floor := range exportFloors {
				got := func(flag, list string) [][]float64 { return embedded(t, bundle, variant, flag, list) }
				requireCosines(t, want.Texts, got("--texts", texts), floor, variant+" texts")
				requireCosines(t, want.Images, got("--images", images), floor, variant+" images")
			}
		})
	}
}

func runPython(t *testing.T, python string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), python, args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

func readJSONFile(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, into), path)
}

// checkParity checks what the exporter found: every file near PyTorch, a vector the same alone and in
// a batch, a text the same without its padding.
func checkParity(t *testing.T, bundle string) {
	t.Helper()
	var found map[string]struct {
		Torch float64 `json:"min_cosine_to_torch"`
		Alone float64 `json:"max_abs_difference_alone_and_in_batch"`
		Short float64 `json:"min_cosine_short_to_padded"`
	}
	readJSONFile(t, filepath.Join(bundle, "parity.json"), &found)
	require.Len(t, found, 6, "three variants of two towers")
	for name, p := range found {
		tower, variant, _ := strings.Cut(name, ".")
		floor := exportFloors[strings.TrimPrefix(variant, "fp32")]
		require.GreaterOrEqual(t, p.Torch, floor, name)
		require.Less(t, p.Alone, 1e-2, name)
		if tower == "text" {
			require.GreaterOrEqual(t, p.Short, floor, name)
		}
	}
}

// embedded are the vectors that the program prints for a list.
func embedded(t *testing.T, bundle, variant, flag, list string) [][]float64 {
	t.Helper()
	var vectors [][]float64
	output := rollcall(t, "embed", "--model", bundle, "--variant", variant, flag, list, "--format", "json")
	for _, line := range strings.Split(strings.TrimSpace(output), "\n") {
		var one struct{ Vectors []float64 }
		require.NoError(t, json.Unmarshal([]byte(line), &one), line)
		vectors = append(vectors, one.Vectors)
	}
	return vectors
}

func requireCosines(t *testing.T, want, got [][]float64, floor float64, what string) {
	t.Helper()
	require.Len(t, got, len(want), what)
	least := 1.0
	for i := range want {
		require.Len(t, got[i], len(want[i]), what)
		var dot, a, b float64
		for d := range want[i] {
			dot += want[i][d] * got[i][d]
			a += want[i][d] * want[i][d]
			b += got[i][d] * got[i][d]
		}
		least = min(least, dot/math.Sqrt(a*b))
	}
	t.Logf("%s: least cosine to PyTorch %.7f", what, least)
	require.GreaterOrEqual(t, least, floor, what)
	require.NotEqual(t, want[0], want[1], "inputs must tell apart what is compared")
}
