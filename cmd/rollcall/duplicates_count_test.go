package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/retriever"
)

// TestNearDuplicatesByHash counts images of which one is there twice, stored anew, in a folder, and the
// training pairs in tars; then the folder's images are taken away.
func TestNearDuplicatesByHash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "pictures")
	require.NoError(t, os.Mkdir(folder, 0o755))
	names := []string{"Alta_Collier", "Latoya_Raymond", "Sara_Giles"}
	for i, name := range names {
		file, err := os.ReadFile(lab(t, "photos", name, "00.jpg"))
		require.NoError(t, err)
		writePair(t, folder, fmt.Sprint(i), "jpg", file)
	}
	writePair(t, folder, "9", "png", asPNG(t, lab(t, "photos", names[1], "00.jpg")))
	photos := filepath.Join(dir, "photos")
	require.NoError(t, os.MkdirAll(filepath.Join(photos, "Somebody"), 0o755))
	require.NoError(t, os.Link(filepath.Join(folder, "1.jpg"), filepath.Join(photos, "Somebody", "0.jpg")))
	list := filepath.Join(dir, "roster.csv")
	require.NoError(t, os.WriteFile(list, []byte("name\nSomebody\n"), 0o644))
	rollcall(t, "--data-dir", dir, "index", folder, "--name", "folder", "--model", lab(t, "model"))
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "tars", "--model", lab(t, "model"), "--limit", "100")
	count := func(index, threshold string) (personImages, []map[string]string) {
		evidence := filepath.Join(dir, "evidence.csv")
		out := rollcall(t, "--data-dir", dir, "--json", "count", index, "--roster", list, "--evidence", "images", "--photos", photos,
			"--model", lab(t, "model"), "--threshold", threshold, "--evidence-out", evidence)
		var got counted
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		return got.Images.Persons[0], readCSV(t, evidence)
	}

	got, rows := count("folder", "0.99")
	require.Equal(t, []int64{2, 1, 1, 1, 2}, []int64{*got.Rows, *got.Groups, *got.ByVector, *got.ByHash, *got.Hashed})
	require.Equal(t, []string{"1", "1"}, []string{rows[0]["group"], rows[1]["group"]})
	require.LessOrEqual(t, hashOf(t, rows[0]).Distance(hashOf(t, rows[1])), retriever.NearHash)

	got, rows = count("tars", "0.2")
	require.Equal(t, *got.Rows, *got.Hashed)
	require.Greater(t, *got.Rows, int64(2))
	require.Len(t, rows, int(*got.Rows))
	for _, r := range rows {
		require.Len(t, r["hash"], 16)
	}

	overHTTP, warnings := countOverHTTP(t, dir, photos, "Somebody", "")
	require.Equal(t, map[string]any{"either": 1.0, "by_vector": 1.0, "by_hash": 1.0, "hashed": 2.0}, overHTTP)
	require.Empty(t, warnings)
	overHTTP, warnings = countOverHTTP(t, dir, photos, "Somebody", `,"hash_images":false`)
	require.Equal(t, map[string]any{"either": 1.0, "by_vector": 1.0, "by_hash": nil, "hashed": 0.0}, overHTTP)
	require.Empty(t, warnings)

	require.NoError(t, os.RemoveAll(folder))
	_, warnings = countOverHTTP(t, dir, photos, "Somebody", "")
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "2 of 2 images have no perceptual hash")
	got, rows = count("folder", "0.99")
	require.Equal(t, []int64{2, 1, 1, 0}, []int64{*got.Rows, *got.Groups, *got.ByVector, *got.Hashed})
	require.Nil(t, got.ByHash, "not measured")
	require.Empty(t, rows[0]["hash"])
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"--onnxruntime", onnxruntime(t), "--data-dir", dir, "count", "folder", "--roster", list, "--evidence", "images",
		"--photos", photos, "--model", lab(t, "model"), "--threshold", "0.99"}, &stdout, &stderr)
	require.Equal(t, exitDone, code)
	require.Contains(t, stderr.String(), "2 of 2 images have no perceptual hash, and their rows were grouped by vectors alone (the image was not found")
}

// countOverHTTP counts a person's images in the index "folder" by the service, and gives the groups and
// what the count warns of. more is put into the request.
func countOverHTTP(t *testing.T, dir, photos, name, more string) (groups map[string]any, warnings []string) {
	t.Helper()
	base := serve(t, "--data-dir", t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--index", filepath.Join(dir, "folder"), "--model", lab(t, "model"), "--photos", photos)
	send(t, http.MethodPost, base+"/v1/people/import", "text/csv", "name\n"+name+"\n", &struct{}{})
	var started job
	send(t, http.MethodPost, base+"/v1/counts", "application/json", `{"index":"folder","evidence":["image"],"threshold":0.99`+more+`}`, &started)
	require.Eventually(t, func() bool { return len(states(t, base)["done"]) == 1 }, 30*time.Second, 20*time.Millisecond)
	var result struct {
		Counts []struct {
			Groups map[string]any `json:"image_groups"`
		}
		Warnings []string
	}
	require.NoError(t, json.Unmarshal([]byte(ask(t, http.MethodGet, base+started.Result, nil)), &result))
	require.Len(t, result.Counts, 1)
	page := ask(t, http.MethodGet, base+"/people/"+name+"?index=folder", nil)
	require.Contains(t, page, fmt.Sprintf(">in %v</span>", result.Counts[0].Groups["either"]))
	return result.Counts[0].Groups, result.Warnings
}

// A bucket may hold hundreds of terabytes: it is not read for hashes unless somebody says so.
func TestBucketsAreNotReadForHashes(t *testing.T) {
	var said bytes.Buffer
	a := &app{stderr: &said}
	opened := &index{manifest: &indexer.Manifest{Source: indexer.SourceInfo{Inputs: []string{"s3://laion/{00000..41455}.tar"}}}}
	c := counting{flags: countFlags{hashImages: true}}
	require.Nil(t, a.hasher(opened, c))
	require.Contains(t, said.String(), "read only when --image-root names it")
	c.flags.imageRoots = []string{"s3://laion/00000.tar"}
	require.NotNil(t, a.hasher(opened, c))
	c.flags.hashImages = false
	require.Nil(t, a.hasher(opened, c))
}

func writePair(t *testing.T, folder, name, ending string, image []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(folder, name+"."+ending), image, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, name+".txt"), []byte("somebody"), 0o644))
}

func asPNG(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	img, err := jpeg.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, img))
	return out.Bytes()
}

func hashOf(t *testing.T, row map[string]string) retriever.PictureHash {
	t.Helper()
	h, err := strconv.ParseUint(row["hash"], 16, 64)
	require.NoError(t, err)
	return retriever.PictureHash(h)
}
