package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// TestImageCountsAreThoseOfEveryPair compares the command's counts over the embedded store with
// every row against every photo, in float64 and without the store's search.
func TestImageCountsAreThoseOfEveryPair(t *testing.T) {
	dir := t.TempDir()
	persons := []string{"Alta_Collier", "Latoya_Raymond", "Sara_Giles"}
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "400", "--partition-rows", "150")
	store, err := vectors.Open(filepath.Join(dir, "lab"))
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	ids := make([]int64, 400)
	for i := range ids {
		ids[i] = int64(i)
	}
	rows, err := store.Vectors(t.Context(), retriever.Image, ids)
	require.NoError(t, err)

	const threshold = 0.8
	roster, want := "name\n", map[string]int64{}
	for _, id := range persons {
		roster += id + "\n"
		photos, err := filepath.Glob(lab(t, "photos", id, "*.jpg"))
		require.NoError(t, err)
		require.Len(t, photos, 10)
		args := []string{"embed", "--model", lab(t, "model"), "--format", "npy", "-o", filepath.Join(dir, "p.npy")}
		for _, p := range photos {
			args = append(args, "--image", p)
		}
		rollcall(t, args...)
		embedded, err := vectors.ReadVectors(filepath.Join(dir, "p.npy"))
		require.NoError(t, err)
		want[id] = 0
		for _, row := range rows {
			best := -1.0
			for _, photo := range embedded {
				best = max(best, cosine64(row, photo))
			}
			require.Greater(t, (best-threshold)*(best-threshold), 1e-12, "too close to the threshold to tell")
			if best >= threshold {
				want[id]++
			}
		}
	}
	list := filepath.Join(dir, "roster.csv")
	require.NoError(t, os.WriteFile(list, []byte(roster), 0o644))
	out := rollcall(t, "--data-dir", dir, "--json", "count", "lab", "--roster", list, "--evidence", "images", "--photos", lab(t, "photos"),
		"--model", lab(t, "model"), "--threshold", "0.8")
	var got counted
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	total := int64(0)
	for _, c := range got.Counts {
		require.NotNil(t, c.Images)
		require.Equal(t, want[c.ID], *c.Images, c.ID)
		total += *c.Images
	}
	require.Positive(t, total)
	require.Less(t, total, int64(3*400))
}

// cosine64 takes vectors that need not be of length 1.
func cosine64(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}
