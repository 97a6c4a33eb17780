package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"rollcall/internal/dataset/storage"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// kept is a bucket that outlives what reaches it.
type kept struct{ *blob.Bucket }

func (kept) Close() error { return nil }

// uploaded puts the files below a folder into a bucket in memory, gs://data.
func uploaded(t *testing.T, dir string) storage.Reach {
	t.Helper()
	bucket := memblob.OpenBucket(nil)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		return bucket.WriteAll(t.Context(), filepath.ToSlash(name), content, nil)
	}))
	return func(context.Context, string) (storage.Bucket, error) { return kept{bucket}, nil }
}

// A data set in a bucket has the samples of its copy on disk, whatever its format, also when the
// first ones are passed over.
func TestBucketsHoldWhatDiskHolds(t *testing.T) {
	big := tarOf(t, "a.jpg="+strings.Repeat("J", 3<<20), "a.txt=one", "b.jpg=K", "b.txt=two")
	dir := writeTree(t, map[string]string{
		"tars/00000.tar": string(big), "tars/00001.tar": string(tarOf(t, "c.jpg=L", "d.txt=x")[:1100]),
		"cc/train.tsv": "zero\thttp://x/0\none\thttp://x/1\n", "cc/images/0.jpg": "J0",
		"lists/train.tsv": "title\tfilepath\nzero\t0.jpg\none\tno.jpg\n", "lists/0.jpg": "J",
		"rows/a.jsonl": `{"text":"zero"}`,
		"loose/b.jpg":  "B", "loose/b.txt": "two", "loose/a/c.png": "C", "loose/a.jpg": "A", "loose/a.txt": "one", "loose/a/c.json": `{"x":1}`, "loose/empty.webp": "",
	})
	shardDir := shards(t)
	require.NoError(t, os.Rename(shardDir, filepath.Join(dir, "shards")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "laion"), 0o700))
	parquet, err := os.ReadFile(writeParquet(t, []struct {
		Text string `parquet:"TEXT"`
	}{{"zero"}, {"one"}}))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "laion", "part.parquet"), parquet, 0o600))
	reach := uploaded(t, dir)

	tests := []struct{ name, input, images, format string }{
		{"tars", "tars", "", "webdataset"},
		{"pattern", "tars/{00000..00001}.tar", "", "webdataset"},
		{"shards", "shards", "", "img2dataset"},
		{"Conceptual Captions", "cc/train.tsv", "cc/images", "cc3m"},
		{"training list", "lists/train.tsv", "", "list"},
		{"Parquet", "laion", "", "laion"},
		{"JSON Lines", "rows", "", "jsonl"},
		{"folder", "loose", "", "folder"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			open := func(root string) ([]string, []string) {
				o := Options{reach: reach}
				if test.images != "" {
					o.ImagesDir = root + "/" + test.images
				}
				source, err := OpenContext(t.Context(), []string{root + "/" + test.input}, o)
				require.NoError(t, err)
				require.Equal(t, test.format, source.Describe().Format)
				return outlines(readAfter(t, source, 0)), outlines(readAfter(t, source, 1))
			}
			all, rest := open(dir)
			require.NotEmpty(t, all)
			allInBucket, restInBucket := open("gs://data")
			require.Empty(t, cmp.Diff(all, allInBucket))
			require.Empty(t, cmp.Diff(rest, restInBucket))
			allOfFileURL, _ := open("file://" + dir)
			require.Empty(t, cmp.Diff(all, allOfFileURL))
		})
	}
	_, err = OpenContext(t.Context(), []string{"gs://data/nothing"}, Options{reach: reach})
	require.ErrorContains(t, err, "no such file or folder")
	_, err = OpenContext(t.Context(), []string{"gs://data/tars/{00000..00002}.tar"}, Options{reach: reach})
	require.ErrorContains(t, err, "00002.tar")

	files := storage.New(reach)
	found, err := expand(t.Context(), files, []string{"gs://data/laion"}, captionExtensions)
	require.NoError(t, err)
	source, err := newCaptionFiles(found, reach)
	require.NoError(t, err)
	var captions []string
	require.NoError(t, source.Captions(t.Context(), func(r retriever.CaptionRow) error {
		captions = append(captions, r.Caption)
		return nil
	}))
	require.Equal(t, []string{"zero", "one"}, captions)
}

// The embeddings of a bucket are those on disk, in partitions of which the last has fewer rows and a
// width of number that sorts as text; partitions that are not wanted are not copied.
func TestEmbeddingsInABucket(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := filepath.Join(t.TempDir(), "embeddings")
	row := 0
	for number, rows := range map[int]int{0: 3, 1: 3, 2: 2} {
		w, err := vectors.NewPartitionWriter(dir, number, 1, 2, true, true)
		require.NoError(t, err)
		for i := range rows {
			row = 3*number + i
			require.NoError(t, w.Append([]float32{float32(row), 1}, []float32{1, float32(row)}, retriever.Row{
				Key: fmt.Sprint(row), Caption: fmt.Sprintf("caption %d", row), Fields: map[string]any{"width": int64(row)},
			}))
		}
		_, err = w.Close()
		require.NoError(t, err)
	}
	copied := 0
	o := Options{
		reach:      uploaded(t, dir),
		Embeddings: func(dir string) (EmbeddingFolder, error) { copied++; return vectors.Open(dir) },
	}
	onDisk, err := OpenContext(t.Context(), []string{dir}, o)
	require.NoError(t, err)
	copied = 0
	source, err := OpenContext(t.Context(), []string{"gs://data"}, o)
	require.NoError(t, err)
	require.Zero(t, copied, "headers say what kinds of vectors there are")
	require.Equal(t, "embeddings", source.Describe().Format)
	for skip, copies := range map[int64]int{0: 3, 2: 3, 3: 2, 7: 1, 8: 0} {
		want := readAfter(t, onDisk, skip)
		copied = 0
		got := readAfter(t, source, skip)
		require.Equal(t, copies, copied, "after %d", skip)
		require.Len(t, got, 8-int(skip))
		for i := range want {
			want[i].Position = fmt.Sprintf("gs://data#%d", skip+int64(i))
		}
		require.Empty(t, cmp.Diff(want, got))
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*", "*"))
	require.NoError(t, err)
	require.Empty(t, left, "what was copied is removed")
}

func TestEmbeddingsInABucketRefused(t *testing.T) {
	o := Options{Format: "embeddings", Embeddings: func(dir string) (EmbeddingFolder, error) { return vectors.Open(dir) }}
	for want, files := range map[string]map[string]string{
		"is no embedding folder":                              {"a.txt": "a"},
		"has no vectors to partition 0":                       {"metadata/metadata_0.parquet": "x"},
		"img_emb/img_emb_0.npy is no .npy file of rows":       {"img_emb/img_emb_0.npy": "x"},
		"has 69 bytes, which are not the 2 rows of 3 numbers": {"img_emb/img_emb_0.npy": "\x93NUMPY\x01\x00v\x00{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }"},
		"img_emb_0.npy is no .npy file of rows of fl":         {"img_emb/img_emb_0.npy": "\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'shape': (2, 3), }"},
	} {
		o.reach = uploaded(t, writeTree(t, files))
		_, err := OpenContext(t.Context(), []string{"gs://data"}, o)
		require.ErrorContains(t, err, want)
	}
}
