package retriever

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

// album has the images of rows by key.
type album map[string][]byte

func (a album) Pictures(_ context.Context, rows []Row, visit func(int, []byte, error) error) error {
	for i, r := range rows {
		err := ErrNoPicture
		if a[r.Key] != nil {
			err = nil
		}
		if err := visit(i, a[r.Key], err); err != nil {
			return err
		}
	}
	return nil
}

func pngFile(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	m.Set(0, 0, color.RGBA{255, 0, 0, 255})
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

func TestThumbnail(t *testing.T) {
	got, err := newThumbnail(pngFile(t, 400, 100))
	require.NoError(t, err)
	require.Equal(t, []int{400, 100}, []int{got.width, got.height})
	require.True(t, strings.HasPrefix(got.uri, "data:image/jpeg;base64,/9j/"))
	_, err = newThumbnail([]byte("<svg onload=alert(1)>"))
	require.ErrorContains(t, err, "cannot be shown")
}

// Whatever a caption says, it stays text; the words matched are marked; the face has its box.
func TestEvidenceHTML(t *testing.T) {
	var b strings.Builder
	w := NewEvidenceHTML(t.Context(), &b, Gallery{Title: "A <count>", From: album{"a": pngFile(t, 400, 200)}})
	require.NoError(t, w.Write(Evidence{
		Kind: "mention", Name: "Ann", Row: 3, Key: "a", Start: ptr(8), End: ptr(11), Caption: "<script>Ann</script>", URL: "javascript:alert(1)",
	}))
	require.NoError(t, w.Write(Evidence{
		Kind: "face", Name: "Bo", Row: 4, Key: "a", Similarity: ptr(float32(0.5)), Group: ptr(int64(2)), Left: ptr(float32(100)), Top: ptr(float32(50)),
		Width: ptr(float32(200)), Height: ptr(float32(20)), URL: "https://x/y",
	}))
	require.NoError(t, w.Write(Evidence{Kind: "image", Name: "Cy", Row: 5, Key: "gone"}))
	require.NoError(t, w.Close())
	page := b.String()
	require.Contains(t, page, "A &lt;count&gt;")
	require.Contains(t, page, "&lt;script&gt;<mark>Ann</mark>&lt;/script&gt;")
	require.NotContains(t, page, "javascript:")
	require.Contains(t, page, `href="https://x/y"`)
	require.Contains(t, page, "left:25.00%;top:25.00%;width:50.00%;height:10.00%") // of 400 x 200
	require.Equal(t, 2, strings.Count(page, `src="data:image/jpeg;base64,`))
	require.Contains(t, page, "say with --image-root where the images are")
	require.Contains(t, page, "similarity 0.5000, near-duplicate of row 2<")
	require.Contains(t, page, "3 rows are shown.")
}

func TestGallerySaysWhatItDoesNotShow(t *testing.T) {
	var b strings.Builder
	w := NewEvidenceHTML(t.Context(), &b, Gallery{})
	for range MaxGallery + 7 {
		require.NoError(t, w.Write(Evidence{Name: "Ann"}))
	}
	require.NoError(t, w.Close())
	require.Contains(t, b.String(), "2000 rows are shown. 7 more are not")
}

func TestEvidenceParquet(t *testing.T) {
	var b bytes.Buffer
	writeAll(t, NewEvidenceParquet(&b))
	rows, err := parquet.Read[evidenceRow](bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	want := sampleEvidence()
	require.Len(t, rows, len(want))
	for i := range rows {
		require.Equal(t, evidenceRow(want[i]), rows[i])
	}
	require.Nil(t, rows[0].Similarity)
}

func TestCopyImages(t *testing.T) {
	picture := pngFile(t, 5, 5)
	result := Result{Answers: [][]Match{
		{{Row: Row{ID: 7, Key: "a", Caption: "one, \"two\""}, Similarity: 0.5}, {Row: Row{ID: 9, Key: "gone"}}},
		{{Row: Row{ID: 7, Key: "a"}, Similarity: 0.25}},
	}}
	dir := filepath.Join(t.TempDir(), "new", "images")
	done, err := CopyImages(t.Context(), result, album{"a": picture}, dir)
	require.NoError(t, err)
	require.Equal(t, Copied{Images: 2, Missing: 1}, done)
	for _, name := range []string{"0_00001_7.png", "1_00001_7.png"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, picture, got)
	}
	f, err := os.Open(filepath.Join(dir, CopyManifest))
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 4)
	require.Equal(t, []string{"0", "1", "7", "0.5", "a", "one, \"two\"", "", "", ""}, lines[1][2:])
	require.Equal(t, []string{"", "", "0", "2", "9", "0", "gone", "", "", "", ErrNoPicture.Error()}, lines[2])

	_, err = CopyImages(t.Context(), result, album{}, dir)
	require.ErrorContains(t, err, "is not empty")
}

func TestGalleryReportsAFailedWrite(t *testing.T) {
	w := NewEvidenceHTML(t.Context(), fullDisk{}, Gallery{})
	require.ErrorContains(t, w.Close(), "disk full")
	stop := errors.New("stop")
	err := album{"a": nil}.Pictures(t.Context(), []Row{{}}, func(int, []byte, error) error { return stop })
	require.ErrorIs(t, err, stop)
}
