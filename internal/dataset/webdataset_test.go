package dataset

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

func samplesOf(t *testing.T, format string, inputs ...string) []indexer.Sample {
	t.Helper()
	source, err := Open(inputs, format)
	require.NoError(t, err)
	return readAfter(t, source, 0)
}

func readAfter(t *testing.T, source indexer.Source, skip int64) []indexer.Sample {
	t.Helper()
	var got []indexer.Sample
	err := source.(indexer.Skipper).ReadAfter(t.Context(), skip, func(s indexer.Sample) error {
		got = append(got, s)
		return nil
	})
	require.NoError(t, err)
	return got
}

// outline is a sample in one line: key, what it has, and why it failed.
func outline(s indexer.Sample) string {
	line := s.Key
	if s.Image != nil {
		line += fmt.Sprintf(" image=%s", s.Image)
	}
	if s.HasText {
		line += fmt.Sprintf(" text=%q", s.Caption)
	}
	if s.Err != nil {
		line += " " + string(s.Err.(*indexer.Failure).Reason)
	}
	return line
}

func outlines(samples []indexer.Sample) []string {
	var lines []string
	for _, s := range samples {
		lines = append(lines, outline(s))
	}
	return lines
}

func tarOf(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		name, content, _ := strings.Cut(m, "=")
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}))
		_, err := w.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func writeTar(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "00000.tar")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// The tars and the list of what they hold were made together by the fixture's own script.
func TestWebdatasetOfRealTars(t *testing.T) {
	dir := fixture(t, "clip-retrieval/run_2_45/in")
	list, err := os.ReadFile(filepath.Join(dir, "samples.json"))
	require.NoError(t, err)
	var want []struct {
		Key     string `json:"key"`
		Caption string `json:"caption"`
		Dropped string `json:"expect_dropped"`
	}
	require.NoError(t, json.Unmarshal(list, &want))

	source, err := Open([]string{dir}, "auto")
	require.NoError(t, err)
	require.Equal(t, "webdataset", source.Describe().Format)
	require.Contains(t, source.Describe().Why, "has tar files (00000.tar)")
	got := readAfter(t, source, 0)
	require.Len(t, got, len(want))
	whole := 0
	for i, s := range got {
		if key, dotted := strings.CutSuffix(want[i].Key, ".v1"); dotted {
			require.Equal(t, key+" no-image", outline(s), "webdataset ends the key at the first dot")
			continue
		}
		require.Equal(t, want[i].Key, s.Key)
		require.Equal(t, want[i].Key, s.ImagePath, "clip-retrieval puts the key there")
		require.NoError(t, s.Err)
		require.Equal(t, want[i].Dropped != "no txt", s.HasText)
		if s.HasText {
			require.Equal(t, want[i].Caption, s.Caption)
		}
		require.Equal(t, "https://img.example/"+s.Key+".jpg", s.URL)
		if s.HasText {
			whole++
		}
	}
	// clip-retrieval wrote 33 rows of these tars; one more has an image that it could not decode.
	require.Equal(t, 34, whole)
	// tar xOf 00000.tar 000000000.json prints these.
	require.Empty(t, cmp.Diff(map[string]any{
		"url": "https://img.example/000000000.jpg", "caption": want[0].Caption, "key": "000000000", "status": "success",
		"error_message": nil, "width": int64(256), "height": int64(192), "original_width": int64(512), "original_height": int64(384),
		"exif": "{}", "nested.a": int64(0), "nested.b": "[1,2]", "NSFW": nil, "similarity": 0.0,
	}, got[0].Fields))
	require.True(t, strings.HasSuffix(got[3].Position, "00000.tar#3"), got[3].Position)
	require.True(t, strings.HasSuffix(got[len(got)-1].Position, "00001.tar#19"), got[len(got)-1].Position)
}

func TestWebdatasetOfImagesOnly(t *testing.T) {
	dir := fixture(t, "clip-retrieval/tars")
	got := samplesOf(t, "auto", filepath.Join(dir, "image{1..2}.tar"))
	var lines []string
	for _, s := range got {
		require.NoError(t, s.Err)
		require.False(t, s.HasText)
		lines = append(lines, fmt.Sprintf("%s %d", s.Key, len(s.Image)))
	}
	// Sizes as tar tvf prints them.
	require.Equal(t, []string{"123_456 7421", "208_495 18569", "321_421 26726", "389_535 25591", "416_264 23944", "456_123 6314", "524_316 38526"}, lines)
}

func TestWebdatasetGroups(t *testing.T) {
	tests := []struct {
		name    string
		members []string
		want    []string
	}{
		{"one sample", []string{"a.jpg=J", "a.txt=one", `a.json={"x":1}`}, []string{`a image=J text="one"`}},
		{"any order and case", []string{"a.txt=one", "a.JPEG=J", "b.PNG=P", "b.TXT=two"}, []string{`a image=J text="one"`, `b image=P text="two"`}},
		{"first dot ends the key", []string{"d.x/a.b.jpg=J", "d.x/a.txt=one"}, []string{`d.x/a text="one"`}},
		{"same name in two folders", []string{"x/a.jpg=J", "y/a.jpg=K"}, []string{"x/a image=J", "y/a image=K"}},
		{"no base name, no sample", []string{"README=x", ".hidden.jpg=J", "a.jpg=J"}, []string{"a image=J"}},
		{"neither image nor caption", []string{"a.cls=3", `a.json={}`}, []string{"a no-image"}},
		{"unread format", []string{"a.gif=G", "a.txt=one"}, []string{`a text="one" unsupported-type`}},
		{"unread format beside a read one", []string{"a.gif=G", "a.jpg=J"}, []string{"a image=J", "a duplicate-key"}},
		{"two images", []string{"a.jpg=J", "a.png=P", "a.txt=one"}, []string{`a image=J text="one"`, "a duplicate-key"}},
		{"members apart", []string{"a.jpg=J", "b.jpg=K", "a.txt=one"}, []string{"a image=J", "b image=K", "a duplicate-key"}},
		{"empty image and caption", []string{"a.jpg=", "a.txt="}, []string{`a image= text=""`}},
		{"bad metadata", []string{"a.jpg=J", "a.json={"}, []string{"a image=J bad-metadata"}},
		{"empty tar", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := samplesOf(t, "auto", writeTar(t, tarOf(t, test.members...)))
			require.Empty(t, cmp.Diff(test.want, outlines(got)))
		})
	}
}

func TestWebdatasetMemberTooLarge(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "a.txt", Size: maxSidecar + 1}))
	_, err := w.Write(make([]byte, maxSidecar+1))
	require.NoError(t, err)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "b.txt", Size: 1}))
	_, err = w.Write([]byte("b"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	got := samplesOf(t, "webdataset", writeTar(t, b.Bytes()))
	require.Equal(t, []string{`a text="" too-large`, `b text="b"`}, outlines(got))
}

// Each member takes a 512-byte header and 512 bytes of content: a.jpg at 0, a.txt at 1024, b.jpg at
// 2048, b.txt at 3072, and the two empty blocks of the end mark at 4096.
func TestWebdatasetCutOff(t *testing.T) {
	whole := tarOf(t, "a.jpg=J", "a.txt=one", "b.jpg=K", "b.txt=two")
	a, b := `a image=J text="one"`, `b image=K text="two"`
	tests := []struct {
		name string
		at   int
		want []string
	}{
		{"nothing left", 0, []string{" tar-truncated"}},
		{"in the first header", 100, []string{" tar-truncated"}},
		{"in the first image", 512, []string{"a tar-truncated"}},
		{"between samples", 2048, []string{a, " tar-truncated"}},
		{"in the second sample's first header", 2048 + 100, []string{"a tar-truncated"}},
		{"between members", 3072, []string{a, "b image=K", " tar-truncated"}},
		{"in the last caption", 3072 + 512 + 1, []string{a, "b tar-truncated"}},
		{"in the last caption's padding", 3072 + 512 + 10, []string{a, b, " tar-truncated"}},
		{"before the end mark", 4096, []string{a, b, " tar-truncated"}},
		{"after half the end mark", 4096 + 512, []string{a, b}},
		{"not at all", len(whole), []string{a, b}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := writeTar(t, whole[:test.at])
			next := filepath.Join(filepath.Dir(path), "00001.tar")
			require.NoError(t, os.WriteFile(next, tarOf(t, "c.txt=three"), 0o600))
			got := samplesOf(t, "auto", filepath.Dir(path))
			require.Empty(t, cmp.Diff(append(test.want, `c text="three"`), outlines(got)))
		})
	}
}

func TestWebdatasetDamagedInTheMiddle(t *testing.T) {
	content := tarOf(t, "a.txt=one", "b.txt=two", "c.txt=three")
	copy(content[2048:], "XXXXXXXX") // c.txt's header: its checksum fails
	got := samplesOf(t, "webdataset", writeTar(t, content))
	require.Equal(t, []string{`a text="one"`, "b tar-damaged"}, outlines(got))
	require.ErrorContains(t, got[1].Err, "cannot be read beyond byte 2560")
}

// Passing over n samples must come to the same samples as reading them.
func TestSkippingIsReading(t *testing.T) {
	whole := tarOf(t, "a.jpg=J", "a.png=P", "b.jpg=K", "b.txt=two", "a.txt=one", "c.json={", "d.jpg=", "e.txt=five")
	for cut := 0; cut <= len(whole); cut += 128 {
		source, err := Open([]string{writeTar(t, whole[:cut])}, "webdataset")
		require.NoError(t, err)
		all := readAfter(t, source, 0)
		for skip := range all {
			require.Empty(t, cmp.Diff(all[skip:], readAfter(t, source, int64(skip))), "cut %d skip %d", cut, skip)
		}
		require.Empty(t, readAfter(t, source, int64(len(all))))
	}
}

func FuzzTar(f *testing.F) {
	f.Add(tarOf(f, "a.jpg=J", "a.txt=one", `a.json={"x":1}`, "b.png=P"), int64(0))
	f.Add(tarOf(f, "a.jpg=J", "b.jpg=K", "a.txt=one")[:2000], int64(1))
	f.Fuzz(func(t *testing.T, content []byte, skip int64) {
		read := func(skip int64) (got []indexer.Sample) {
			out := newCounter(&forecast{}, skip, func(s indexer.Sample) error {
				got = append(got, s)
				return nil
			})
			require.NoError(t, newTarReader(bytes.NewReader(content), "f.tar", out).read(t.Context()))
			return got
		}
		all := read(0)
		for _, s := range all {
			require.LessOrEqual(t, len(s.Image), len(content))
		}
		if skip >= 0 && skip <= int64(len(all)) {
			require.Equal(t, outlines(all[skip:]), outlines(read(skip)))
		}
	})
}

// Members that are links, as tar makes of a file that it packs a second time, are not lost: nor is a
// sample of nothing else.
func TestTarOfLinks(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "0.txt", Typeflag: tar.TypeReg}, {Name: "0.jpg", Typeflag: tar.TypeLink, Linkname: "other/7.jpg"},
		{Name: "folder.jpg/", Typeflag: tar.TypeDir},
		{Name: "1.jpg", Typeflag: tar.TypeSymlink, Linkname: "7.jpg"}, {Name: "1.txt", Typeflag: tar.TypeLink, Linkname: "7.txt"},
		{Name: "2.jpg", Typeflag: tar.TypeFifo}, {Name: "2.txt", Typeflag: tar.TypeReg},
	} {
		require.NoError(t, w.WriteHeader(&h))
	}
	require.NoError(t, w.Close())
	got := samplesOf(t, "webdataset", writeTar(t, b.Bytes()))
	require.Equal(t, []string{`0 text="" unreadable-file`, `1 text="" unreadable-file`, `2 text="" unreadable-file`}, outlines(got))
	require.ErrorContains(t, got[0].Err, "0.jpg is a link to other/7.jpg, and links in a tar are not followed: pack the file itself")
	require.ErrorContains(t, got[2].Err, `2.jpg is no regular file but of the tar's type '6'`)
}
