package dataset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return dir
}

func TestFolder(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"b.jpg": "J", "b.txt": "two\n", "b.json": `{"URL":"http://x","a":{"b":1}}`,
		"a-1.PNG": "P", "a-1.TXT": "one",
		"a/z.webp": "W", "a/z.txt": "three",
		"a/c.v2.bmp": "B", "a/c.v2.txt": "four",
		"only.txt": "no image", "d.gif": "G", "empty.jpeg": "", "e.jpg": "J", "e.png": "P",
		"notes.md": "x", "stats.json": "{}", "Zoë.jpg": "Z",
	})
	source, err := Open([]string{dir}, "")
	require.NoError(t, err)
	require.Equal(t, "folder", source.Describe().Format)
	got := readAfter(t, source, 0)
	// The order of whole paths without extension, byte by byte: "-" is before "/", capitals before
	// small letters.
	want := []string{
		"Zoë image=Z",
		`a-1 image=P text="one"`,
		`a/c.v2 image=B text="four"`,
		`a/z image=W text="three"`,
		`b image=J text="two\n"`,
		"d unsupported-type",
		"e image=J", "e duplicate-key",
		"empty image=",
		`only text="no image"`,
		"stats no-image",
	}
	require.Empty(t, cmp.Diff(want, outlines(got)))
	samples, exact := source.(indexer.Forecaster).Samples()
	require.True(t, exact)
	require.EqualValues(t, len(want), samples, "known before they are read")
	require.Equal(t, filepath.Join(dir, "a/z.webp"), got[3].ImagePath)
	require.Equal(t, filepath.Join(dir, "a/z"), got[3].Position)
	require.Equal(t, "http://x", got[4].URL)
	require.Equal(t, map[string]any{"URL": "http://x", "a.b": int64(1)}, got[4].Fields)
	for skip := range got {
		require.Empty(t, cmp.Diff(got[skip:], readAfter(t, source, int64(skip))))
	}
}

func TestFolderUnreadable(t *testing.T) {
	dir := writeTree(t, map[string]string{"a.jpg": "J", "sub/b.jpg": "K"})
	require.NoError(t, os.Symlink("nowhere.jpg", filepath.Join(dir, "broken.jpg")))
	require.NoError(t, os.Symlink("a.jpg", filepath.Join(dir, "link.jpg")))
	require.NoError(t, os.Symlink("..", filepath.Join(dir, "sub", "loop")))
	require.NoError(t, os.Symlink(".", filepath.Join(dir, "sub", "loop.jpg")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.jpg"), 0o600))
	got := samplesOf(t, "folder", dir)
	require.Equal(t, []string{
		"a image=J", "broken missing-file", "link image=J", "pipe unreadable-file",
		"sub/b image=K", "sub/loop unreadable-file", "sub/loop.jpg unreadable-file",
	}, outlines(got))
	require.ErrorContains(t, got[5].Err, "sub/loop is a link to a folder, and those are not followed")
	digest := func() string {
		source, err := Open([]string{dir}, "folder")
		require.NoError(t, err)
		return source.Describe().Digest
	}
	with := digest()
	require.NoError(t, os.Remove(filepath.Join(dir, "sub", "loop")))
	require.NotEqual(t, with, digest(), "the link is a part of the data set")

	linked := t.TempDir()
	require.NoError(t, os.Symlink(dir, filepath.Join(linked, "all")))
	_, err := Open([]string{linked}, "auto")
	require.ErrorContains(t, err, "links to folders are not followed")
}

func TestFolderTooLarge(t *testing.T) {
	dir := writeTree(t, map[string]string{"a.txt": "one"})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.jpg"), nil, 0o600))
	require.NoError(t, os.Truncate(filepath.Join(dir, "a.jpg"), maxImage+1))
	got := samplesOf(t, "folder", dir)
	require.Equal(t, []string{`a text="one" too-large`}, outlines(got))
}

func TestReadStops(t *testing.T) {
	dir := writeTree(t, map[string]string{"a.txt": "1", "b.txt": "2", "c.txt": "3"})
	tarPath := writeTar(t, tarOf(t, "a.txt=1", "b.txt=2", "c.txt=3"))
	for _, input := range []string{dir, tarPath} {
		source, err := Open([]string{input}, "auto")
		require.NoError(t, err)
		enough := errors.New("enough")
		n := 0
		err = source.Read(t.Context(), func(indexer.Sample) error {
			n++
			return enough
		})
		require.ErrorIs(t, err, enough)
		require.Equal(t, 1, n)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, source.Read(ctx, func(indexer.Sample) error { return nil }), context.Canceled)
		_, err = OpenContext(ctx, []string{input}, Options{})
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestDigest(t *testing.T) {
	files := map[string]string{"a.txt": "one", "b/c.jpg": "J"}
	of := func(files map[string]string) string {
		source, err := Open([]string{writeTree(t, files)}, "folder")
		require.NoError(t, err)
		return source.Describe().Digest
	}
	first := of(files)
	require.Equal(t, first, of(files), "a copy elsewhere is the same data set")
	require.NotEqual(t, first, of(map[string]string{"a.txt": "two", "b/c.jpg": "J"}))
	require.NotEqual(t, first, of(map[string]string{"a.txt": "one", "b/d.jpg": "J"}))
	require.NotEqual(t, first, of(map[string]string{"a.txt": "one"}))
	require.Equal(t, first, of(map[string]string{"a.txt": "one", "b/c.jpg": "J", "notes.md": "x"}), "what is no part of a sample does not count")
}

// A file of 1 MiB or more counts by its size and 64 KiB at each end.
func TestDigestOfLargeFile(t *testing.T) {
	content := make([]byte, 2<<20)
	of := func() string {
		path := filepath.Join(t.TempDir(), "a.tar")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		d := newDigest()
		size, err := d.add(t.Context(), storage.New(nil), inputFile{path: path, name: "a.tar"})
		require.NoError(t, err)
		require.EqualValues(t, len(content), size)
		return d.String()
	}
	first := of()
	content[1<<20] = 1
	require.Equal(t, first, of(), "documented: the middle is not read")
	content[len(content)-1] = 1
	require.NotEqual(t, first, of())
	content = append(content[:len(content)-1], 0, 0)
	require.NotEqual(t, first, of())
}

func TestDetectRefuses(t *testing.T) {
	both := writeTree(t, map[string]string{"a.tar": "", "a.jpg": "J"})
	tars := writeTree(t, map[string]string{"00000.tar": "", "00000_stats.json": "{}", "other.parquet": ""})
	folder := writeTree(t, map[string]string{"a.jpg": "J"})
	tests := []struct {
		name   string
		inputs []string
		format string
		want   string
	}{
		{"nothing", nil, "auto", "no input"},
		{"not there", []string{"nowhere"}, "auto", "nowhere: no such file or folder"},
		{"tar not there", []string{"nowhere.tar"}, "auto", "nowhere.tar: no such file"},
		{"folder not there", []string{"nowhere"}, "folder", "nowhere: no such folder"},
		{"file as folder", []string{filepath.Join(folder, "a.jpg")}, "folder", "not a folder"},
		{"empty folder", []string{t.TempDir()}, "auto", "no tar file, caption file ("},
		{"tars and photos in one folder", []string{both}, "auto", "say --format webdataset or --format folder"},
		{"two formats", []string{folder, tars}, "auto", "two formats"},
		{"captions and photos in one folder", []string{writeTree(t, map[string]string{"a.tsv": "", "a.jpg": "J"})}, "auto", "has a caption file (a.tsv) and loose files (a.jpg)"},
		{"not Parquet", []string{write(t, "a.parquet", "")}, "auto", "a.parquet: not a Parquet file"},
		{"empty TSV", []string{write(t, "a.tsv", "")}, "auto", "a.tsv: empty: no caption column"},
		{"no tar", []string{write(t, "a.tar", strings.Repeat("hello world\n", 100))}, "auto", "a.tar is no tar file"},
		{"compressed tar", []string{write(t, "a.tar", "\x1f\x8b\x08")}, "auto", "a.tar is compressed with gzip: decompress it first"},
		{"a file of no format", []string{write(t, "a.doc", "")}, "auto", "neither a folder, nor a .tar file, nor a caption file"},
		{"a format not read", []string{folder}, "parchment", `format "parchment" is not read for indexing; those that are: auto, cc3m, csv, embeddings, folder, img2dataset, jsonl, laion, list, webdataset`},
		{"a scheme not read", []string{"ftp://x/a.tar"}, "auto", "ftp:// is not read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(test.inputs, test.format)
			require.ErrorContains(t, err, test.want)
		})
	}
}
