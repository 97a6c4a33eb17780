package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// milvusEngine starts a real Milvus for one test and gives its address.
func milvusEngine(t *testing.T) string {
	t.Helper()
	root, dir := projectRoot(t), t.TempDir()
	if _, err := os.Stat(filepath.Join(root, ".cache", "milvus", "engine", "bin", "milvus")); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("the Milvus engine is not here: run make setup")
		}
		t.Skip("the Milvus engine is not here: run make setup")
	}
	script := func(command string) error {
		out, err := exec.Command(filepath.Join(root, "scripts", "milvus.sh"), command, dir).CombinedOutput()
		if err != nil {
			t.Logf("milvus.sh %s: %s", command, out)
		}
		return err
	}
	t.Cleanup(func() { require.NoError(t, script("kill")) })
	require.NoError(t, script("start"))
	require.NoError(t, script("wait"))
	port, err := os.ReadFile(filepath.Join(dir, "port"))
	require.NoError(t, err)
	return "127.0.0.1:" + strings.TrimSpace(string(port))
}

// TestTheLabCountsTheSameInMilvus counts the lab by captions, images and faces in the embedded store
// and in a real Milvus: the same persons, rows, photos and groups, similarity by similarity.
func TestTheLabCountsTheSameInMilvus(t *testing.T) {
	t.Parallel()
	folder, bundle := labWithFaces(t)
	dir := t.TempDir()
	address := milvusEngine(t)
	list := filepath.Join(dir, "roster.csv")
	shardPersons(t, list)
	require.NoError(t, os.CopyFS(filepath.Join(dir, "remote"), os.DirFS(folder)))
	rollcall(t, "--data-dir", dir, "--milvus-address", address, "index", lab(t, "shards"), "--model", lab(t, "model"), "--faces", bundle,
		"--name", "remote", "--store", "milvus") // finds nothing left to do but to publish
	count := func(index, image, face string) (counts, evidence []map[string]string) {
		output, rows := filepath.Join(dir, "counts.csv"), filepath.Join(dir, "rows.csv")
		rollcall(t, "--data-dir", dir, "--milvus-address", address, "count", index, "--roster", list, "--evidence", "captions,images,faces", "--photos", lab(t, "photos"),
			"--model", lab(t, "model"), "--faces", bundle, "--threshold", image, "--face-threshold", face, "-o", output, "--evidence-out", rows)
		return readCSV(t, output), readCSV(t, rows)
	}
	// Rows within rounding of a threshold could fall on either side, so each lies in a gap.
	_, near := count(folder, "0.6", "0.7")
	image, face := gapAfter(t, near, "image", 0.7), gapAfter(t, near, "face", 0.75)
	counts, want := count(folder, image, face)
	sameCounts, got := count("remote", image, face)
	require.Equal(t, counts, sameCounts)
	require.Len(t, got, len(want))
	kinds := map[string]int{}
	for i := range want {
		kinds[want[i]["kind"]]++
		if want[i]["similarity"] != "" {
			require.InDelta(t, number(t, want[i]["similarity"]), number(t, got[i]["similarity"]), 1e-5)
		}
		want[i]["similarity"], got[i]["similarity"] = "", ""
		require.Equal(t, want[i], got[i])
	}
	t.Logf("image threshold %s, face threshold %s, rows %v", image, face, kinds)
	require.Greater(t, kinds["image"], 1000)
	require.Greater(t, kinds["face"], 100)
	require.Greater(t, kinds["mention"], 400)
}

// gapAfter gives a threshold above least that is 1e-5 away from all similarities of a kind.
func gapAfter(t *testing.T, evidence []map[string]string, kind string, least float64) string {
	t.Helper()
	var near []float64
	for _, e := range evidence {
		if e["kind"] == kind && number(t, e["similarity"]) >= least {
			near = append(near, number(t, e["similarity"]))
		}
	}
	slices.Sort(near)
	for i := 1; i < len(near); i++ {
		if near[i]-near[i-1] > 2e-5 {
			return strconv.FormatFloat((near[i]+near[i-1])/2, 'f', 7, 64)
		}
	}
	t.Fatalf("no gap among %d similarities", len(near))
	return ""
}
