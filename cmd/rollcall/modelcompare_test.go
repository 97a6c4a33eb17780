package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The cosines that model compare prints are those of the vectors that embed prints for the two
// variants, worked out here.
func TestModelCompareIsTheCosineOfTheVectors(t *testing.T) {
	bundle := filepath.Join(projectRoot(t), "..", "shared", "fixtures", "models", "own")
	if _, err := os.Stat(bundle); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("a bundle with fp16 and int8 variants is absent: ", err)
	}
	texts := []string{"a photo of a cat", "David Schütter at a gala", "two dogs"}
	file := filepath.Join(t.TempDir(), "texts.txt")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(texts, "\n")+"\n"), 0o600))
	vectors := func(variant string) [][]float64 {
		var made [][]float64
		args := []string{"embed", "--model", bundle, "--texts", file}
		if variant != "" {
			args = append(args, "--variant", variant)
		}
		for line := range strings.Lines(rollcall(t, args...)) {
			var row struct{ Vectors []float64 }
			require.NoError(t, json.Unmarshal([]byte(line), &row))
			made = append(made, row.Vectors)
		}
		require.Len(t, made, len(texts))
		return made
	}
	want := vectors("")
	for _, variant := range []string{"fp16", "int8"} {
		least, sum, at := math.Inf(1), 0.0, ""
		for i, v := range vectors(variant) {
			cosine := 0.0
			for j := range v {
				cosine += v[j] * want[i][j]
			}
			sum += cosine
			if cosine < least {
				least, at = cosine, texts[i]
			}
		}
		require.Less(t, least, 0.99999999, "%s: the variants are the same", variant)
		var got []agreement
		printed := rollcall(t, "model", "compare", bundle, "--variant", variant, "--texts", file, "--json")
		require.NoError(t, json.Unmarshal([]byte(printed), &got))
		require.Len(t, got, 1)
		require.Equal(t, agreement{Kind: "texts", Inputs: 3, Least: got[0].Least, At: at, Mean: got[0].Mean}, got[0])
		require.InDelta(t, least, got[0].Least, 1e-7)
		require.InDelta(t, sum/3, got[0].Mean, 1e-7)
	}
}
