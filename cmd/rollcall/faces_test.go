package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// writePortrait makes a PNG of a picture of the Olivetti set, all of which are 92 x 112.
func writePortrait(t *testing.T, path string, person, number int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(projectRoot(t), "..", "shared", "fixtures", "faces", "orl", fmt.Sprintf("s%d", person), fmt.Sprintf("%d.pgm", number)))
	require.NoError(t, err)
	img := image.NewGray(image.Rect(0, 0, 92, 112))
	copy(img.Pix, data[len(data)-len(img.Pix):])
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, img))
	require.NoError(t, f.Close())
}

// faceBundle is the fixtures' detector and recogniser.
func faceBundle(t *testing.T) string {
	t.Helper()
	from := filepath.Join(projectRoot(t), "..", "shared", "fixtures", "faces")
	if _, err := os.Stat(from); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("the face models are not here")
		}
		t.Skip("the face models are not here")
	}
	dir := t.TempDir()
	for _, name := range []string{"yunet.onnx", "mobilefacenet.onnx"} {
		require.NoError(t, os.Symlink(filepath.Join(from, name), filepath.Join(dir, name)))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rollcall-faces.json"), []byte(`{"detector":"yunet.onnx","recogniser":"mobilefacenet.onnx"}`), 0o644))
	return dir
}

// Five persons with four pictures each in the data, half of them named in the caption, one picture
// that is no image, and a sixth person of whom there are photos only: the truth is 4 rows with the
// face, 2 with the name as well, and 0.
func TestFacesAreStoredAndCounted(t *testing.T) {
	bundle, dir := faceBundle(t), t.TempDir()
	names := []string{"Alan Ames", "Boris Bell", "Carl Cole", "Dan Dent", "Earl East", "Frank Fox"}
	roster := "name\n"
	for i, name := range names {
		roster += name + "\n"
		for k := range 3 {
			writePortrait(t, filepath.Join(dir, "photos", strings.ReplaceAll(name, " ", "_"), fmt.Sprintf("%d.png", k)), i+1, 7+k)
		}
		for k := 1; k <= 4 && i < 5; k++ {
			stem := filepath.Join(dir, "data", fmt.Sprintf("%d_%d", i, k))
			writePortrait(t, stem+".png", i+1, k)
			caption := "a man in grey"
			if k%2 == 0 {
				caption = name + " at a gala"
			}
			require.NoError(t, os.WriteFile(stem+".txt", []byte(caption), 0o644))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "2_0.png"), []byte("no image"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "2_0.txt"), []byte("broken"), 0o644))
	list := filepath.Join(dir, "roster.csv")
	require.NoError(t, os.WriteFile(list, []byte(roster), 0o644))
	index := []string{"--data-dir", dir, "index", filepath.Join(dir, "data"), "--name", "men", "--model", lab(t, "model"), "--faces", bundle}
	rollcall(t, index...)
	stored := filepath.Join(dir, "men", "faces", "faces_0.parquet")
	before, err := os.ReadFile(stored)
	require.NoError(t, err)
	rollcall(t, index...) // nothing is left to do
	after, err := os.ReadFile(stored)
	require.NoError(t, err)
	require.Equal(t, before, after)

	// The threshold lies above all 9,100 pairs of pictures of different persons among the other 14 of
	// the set, the closest of which have a cosine of .561.
	page := filepath.Join(dir, "page.html")
	out := rollcall(t, "--data-dir", dir, "--json", "count", "men", "--roster", list, "--evidence", "captions,faces", "--faces", bundle,
		"--photos", filepath.Join(dir, "photos"), "--face-threshold", "0.57", "--evidence-out", page)
	var got struct {
		Counts []struct {
			Name           string `json:"name"`
			Mentions       int64  `json:"mentions"`
			Faces          *int64 `json:"faces"`
			MentionAndFace int64  `json:"mention_and_face"`
		} `json:"counts"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Len(t, got.Counts, 6)
	for i, c := range got.Counts {
		want := []int64{2, 4, 2}
		if i == 5 {
			want = []int64{0, 0, 0}
		}
		require.NotNil(t, c.Faces)
		require.Equal(t, want, []int64{c.Mentions, *c.Faces, c.MentionAndFace}, c.Name)
	}
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), `<span style="left:`)

	searchByFace(t, dir, bundle)

	// A threshold for a rate: 6*5/2 * 9 pairs of different persons are behind it, and not the random
	// faces, half of which are of these persons and say nothing of it.
	out = rollcall(t, "--data-dir", dir, "--json", "count", "men", "--roster", list, "--evidence", "faces", "--faces", bundle,
		"--photos", filepath.Join(dir, "photos"), "--fmr", "0.02")
	require.Contains(t, out, `"person_pairs": 135,`)
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	for _, c := range got.Counts[:5] {
		require.GreaterOrEqual(t, *c.Faces, int64(4), c.Name)
	}

	// Row 1 is the second picture of Alan Ames. Forgetting it takes the stored faces along, and they
	// are found again without it.
	ids := filepath.Join(dir, "ids.txt")
	require.NoError(t, os.WriteFile(ids, []byte("1\n"), 0o644))
	rollcall(t, "--data-dir", dir, "forget", "men", "--ids", ids, "--yes")
	require.NoDirExists(t, filepath.Join(dir, "men", "faces"))
	rollcall(t, index...)
	out = rollcall(t, "--data-dir", dir, "--json", "count", "men", "--roster", list, "--evidence", "captions,faces", "--faces", bundle,
		"--photos", filepath.Join(dir, "photos"), "--face-threshold", "0.57")
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, []int64{1, 3, 1}, []int64{got.Counts[0].Mentions, *got.Counts[0].Faces, got.Counts[0].MentionAndFace})
	require.Equal(t, int64(4), *got.Counts[1].Faces)
}

// searchByFace searches the men by a photo. The four pictures of Alan Ames are rows 0 to 3, and nearest
// to a fifth of him; the box of a face lies within its portrait.
func searchByFace(t *testing.T, dir, bundle string) {
	t.Helper()
	photo := filepath.Join(dir, "photos", "Alan_Ames", "0.png")
	out := rollcall(t, "--data-dir", dir, "--json", "search", "men", "--face", photo, "--faces", bundle, "-k", "5")
	var near retriever.Result
	require.NoError(t, json.Unmarshal([]byte(out), &near))
	require.True(t, near.Exact)
	require.Len(t, near.Answers[0], 5)
	for i, m := range near.Answers[0] {
		require.Equal(t, i < 4, m.ID < 4, "match %d is row %d", i, m.ID)
		f := m.Face
		require.True(t, f.Left > -10 && f.Top > -10 && f.Width > 40 && f.Height > 40 && f.Left+f.Width < 102 && f.Top+f.Height < 122, "%+v", f)
		require.Equal(t, m.ID, f.ID, "one face a row")
		require.Greater(t, f.Score, float32(0.6))
	}
	csv := rollcall(t, "--data-dir", dir, "search", "men", "--face", photo, "--faces", bundle, "-k", "1", "--format", "csv")
	require.Contains(t, csv, "exact,left,top,width,height,score\n1,")
	html := rollcall(t, "--data-dir", dir, "search", "men", "--face", photo, "--faces", bundle, "-k", "1", "--format", "html")
	require.Contains(t, html, `<span style="left:`)
	white := filepath.Join(dir, "white.png")
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 64, 64))))
	require.NoError(t, os.WriteFile(white, file.Bytes(), 0o644))
	for _, args := range [][]string{{"--face", white, "--faces", bundle}, {"--face", photo}, {"--face", photo, "--faces", t.TempDir()}, {"--face", filepath.Join(dir, "roster.csv"), "--faces", bundle}} {
		require.Equal(t, exitUsage, run(t.Context(), append([]string{"--onnxruntime", onnxruntime(t), "--data-dir", dir, "search", "men"}, args...), io.Discard, io.Discard), "%v", args)
	}
}
