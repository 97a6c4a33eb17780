package retriever

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// testdata/picture_hashes.csv is what Python's imagehash 4.3.2 on Pillow 13.0 gives:
//
//	imagehash.phash(PIL.Image.open(file))
//
// Whatever is stored without loss has the same 64 bits. Of JPEG and WebP in colour the decoders differ by
// a grey level here and there, and so the bits next to the median do. Left out are grey of 16 bits,
// of which Pillow keeps the lowest 255 levels, and the animated WebP, which is not read here.
func TestPictureHashesAreImagehashs(t *testing.T) {
	cases := testCSV(t, "testdata/picture_hashes.csv")
	require.Len(t, cases, 26)
	for _, c := range cases {
		t.Run(filepath.Base(c[0]), func(t *testing.T) {
			file, err := os.ReadFile(fixture(t, c[0]))
			require.NoError(t, err)
			want, err := strconv.ParseUint(c[1], 16, 64)
			require.NoError(t, err)
			got, err := NewPictureHash(file)
			require.NoError(t, err)
			most := 0
			if ending := filepath.Ext(c[0]); ending == ".jpg" || ending == ".webp" {
				most = 2
			}
			require.LessOrEqual(t, got.Distance(PictureHash(want)), most, "%s, imagehash: %s", got, c[1])
		})
	}
}

func TestPictureHashRefuses(t *testing.T) {
	_, err := NewPictureHash([]byte("no image"))
	require.ErrorContains(t, err, "cannot be hashed")
	_, err = NewPictureHash(encodePNG(t, image.NewGray(image.Rect(0, 0, 50, 40))))
	require.ErrorIs(t, err, errFlat)
	huge := encodePNG(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	copy(huge[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // the header says 65536 x 65536; its checksum is wrong then
	_, err = NewPictureHash(huge)
	require.Error(t, err)
}

func TestPictureHashText(t *testing.T) {
	require.Equal(t, "00000000000000ff", PictureHash(255).String())
	require.Equal(t, 9, PictureHash(255).Distance(1<<40))
}

// A picture that was scaled and stored anew is a near-duplicate by its hash, two drawn apart are none.
func TestPictureHashIsOfThePicture(t *testing.T) {
	var last PictureHash
	for seed := range uint64(6) {
		large := blobs(seed, 300, 200)
		var file bytes.Buffer
		require.NoError(t, jpeg.Encode(&file, blobs(seed, 150, 100), &jpeg.Options{Quality: 75}))
		a, err := NewPictureHash(encodePNG(t, large))
		require.NoError(t, err)
		b, err := NewPictureHash(file.Bytes())
		require.NoError(t, err)
		require.LessOrEqual(t, a.Distance(b), NearHash, "seed %d", seed)
		if seed > 0 {
			require.Greater(t, a.Distance(last), NearHash, "seed %d", seed)
		}
		last = a
	}
}

// blobs draws soft spots, at the same places whatever the size.
func blobs(seed uint64, width, height int) image.Image {
	random := rand.New(rand.NewPCG(seed, 1))
	var spots [60][3]float64
	for i := range spots {
		spots[i] = [3]float64{random.Float64(), random.Float64(), random.Float64()*2 - 1}
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			level := 128.0
			for _, s := range spots {
				dx, dy := float64(x)/float64(width)-s[0], float64(y)/float64(height)-s[1]
				level += 100 * s[2] * math.Exp(-150*(dx*dx+dy*dy))
			}
			v := byte(min(max(level, 0), 255))
			img.SetNRGBA(x, y, color.NRGBA{v, v / 2, 255 - v, 255})
		}
	}
	return img
}

func encodePNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

// fileByRow has a picture for some rows.
type fileByRow map[int64][]byte

func (f fileByRow) Pictures(_ context.Context, rows []Row, visit func(int, []byte, error) error) error {
	for i, r := range rows {
		err := ErrNoPicture
		if f[r.ID] != nil {
			err = nil
		}
		if err := visit(i, f[r.ID], err); err != nil {
			return err
		}
	}
	return nil
}

// Rows 90 degrees apart have nothing in common by their vectors. Rows 0 and 18 show one picture in two
// sizes, row 9 another, and row 27's is not at hand: 4 rows, 4 groups by vector, 3 of the three by
// hash with row 27 alone, and by either row 18 belongs to row 0.
func TestCountImagesGroupsByHash(t *testing.T) {
	refs := []References{{Vectors: [][]float32{at(0), at(90), at(180), at(270)}}}
	index := planeIndex{planeStore: planeRows()}
	files := fileByRow{0: encodePNG(t, blobs(1, 300, 200)), 18: encodePNG(t, blobs(1, 120, 80)), 9: encodePNG(t, blobs(2, 300, 200))}
	groups, hashes := map[int64]int64{}, map[int64]bool{}
	got, err := CountImages(t.Context(), index, refs, 0.99, ImageOptions{Vectors: index, Hasher: NewHasher(index, files), Evidence: func(h ImageHit) error {
		groups[h.Row], hashes[h.Row] = *h.Group, h.Hash != nil
		return nil
	}})
	require.NoError(t, err)
	three := int64(3)
	require.Equal(t, &Groups{Either: 3, ByVector: 4, ByHash: &three, Hashed: 3}, got.Persons[0].Groups)
	require.Equal(t, map[int64]int64{0: 0, 9: 9, 18: 0, 27: 27}, groups)
	require.Equal(t, map[int64]bool{0: true, 9: true, 18: true, 27: false}, hashes)
	require.Len(t, got.Warnings, 1)
	require.True(t, strings.HasPrefix(got.Warnings[0], "near-duplicates among the images: 1 of 4 images have no perceptual hash, and their rows were grouped by vectors alone (the image was not found"), got.Warnings[0])
}

// askedPictures counts how often each row's picture was asked for.
type askedPictures struct {
	fileByRow
	asked map[int64]int
}

func (a askedPictures) Pictures(ctx context.Context, rows []Row, visit func(int, []byte, error) error) error {
	for _, r := range rows {
		a.asked[r.ID]++
	}
	return a.fileByRow.Pictures(ctx, rows, visit)
}

// Two counts with one Hasher read each image once, also one that is not at hand, and group as two with
// their own do. The second count has rows that the first has not.
func TestHasherReadsEachPictureOnce(t *testing.T) {
	index := planeIndex{planeStore: planeRows()}
	files := askedPictures{fileByRow{0: encodePNG(t, blobs(1, 300, 200)), 18: encodePNG(t, blobs(1, 120, 80)), 9: encodePNG(t, blobs(2, 300, 200))}, map[int64]int{}}
	shared := NewHasher(index, files)
	for _, refs := range [][]References{{{Vectors: [][]float32{at(0), at(90), at(270)}}}, {{Vectors: [][]float32{at(0), at(90), at(180), at(270)}}}} {
		want, err := CountImages(t.Context(), index, refs, 0.99, ImageOptions{Vectors: index, Hasher: NewHasher(index, files.fileByRow)})
		require.NoError(t, err)
		got, err := CountImages(t.Context(), index, refs, 0.99, ImageOptions{Vectors: index, Hasher: shared})
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Len(t, got.Warnings, 1, "row 27's image is not at hand")
	}
	require.Equal(t, map[int64]int{0: 1, 9: 1, 18: 1, 27: 1}, files.asked)
}

// Without any image there is no number of groups by hash: it was not measured.
func TestCountImagesWithoutPictures(t *testing.T) {
	index := planeIndex{planeStore: planeRows()}
	got, err := CountImages(t.Context(), index, []References{{Vectors: [][]float32{at(0)}}}, 0.9, ImageOptions{Vectors: index, Hasher: NewHasher(index, fileByRow{})})
	require.NoError(t, err)
	require.Equal(t, &Groups{Either: 1, ByVector: 1}, got.Persons[0].Groups)
}

// stuckPictures gives images until the context ends.
type stuckPictures struct{ file []byte }

func (s stuckPictures) Pictures(ctx context.Context, _ []Row, visit func(int, []byte, error) error) error {
	for {
		if err := visit(0, s.file, nil); err != nil {
			return err
		}
	}
}

func TestHashingStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	index := planeIndex{planeStore: planeRows()}
	done := make(chan error)
	go func() {
		_, _, _, err := NewHasher(index, stuckPictures{encodePNG(t, blobs(1, 30, 20))}).hash(ctx, []int64{0, 1})
		done <- err
	}()
	cancel()
	require.True(t, errors.Is(<-done, context.Canceled))
}

// BenchmarkPictureHash hashes a JPEG of 1600 x 1200 pixels.
func BenchmarkPictureHash(b *testing.B) {
	file, err := os.ReadFile(fixture(b, "golden/images/23_big_1600x1200.jpg"))
	require.NoError(b, err)
	for b.Loop() {
		_, err := NewPictureHash(file)
		require.NoError(b, err)
	}
}
