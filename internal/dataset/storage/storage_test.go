package storage

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// kept is a bucket that outlives what reaches it.
type kept struct{ *blob.Bucket }

func (kept) Close() error { return nil }

// bucketOf fills a bucket and gives access to it as s3://data.
func bucketOf(t *testing.T, bucket *blob.Bucket, objects map[string]string) *Files {
	t.Helper()
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	for key, content := range objects {
		require.NoError(t, bucket.WriteAll(t.Context(), key, []byte(content), nil))
	}
	files := New(func(_ context.Context, url string) (Bucket, error) {
		if url != "s3://data?region=here" {
			return nil, fmt.Errorf("no bucket at %s", url)
		}
		return kept{bucket}, nil
	})
	t.Cleanup(func() { require.NoError(t, files.Close()) })
	return files
}

func onDisk(t *testing.T) *blob.Bucket {
	t.Helper()
	bucket, err := fileblob.OpenBucket(t.TempDir(), nil)
	require.NoError(t, err)
	return bucket
}

// numbers is text whose every place is known: its offset, in eight digits.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%08d", 8*i)
	}
	return b.String()
}

func TestBuckets(t *testing.T) {
	content := numbers(300_000) // 2.4 MB: several blocks, and gaps beyond readThrough
	objects := map[string]string{"a/b.tar": content, "a/c/d.txt": "d", "a/e.txt": "", "f.txt": "f"}
	for name, bucket := range map[string]*blob.Bucket{"memory": memblob.OpenBucket(nil), "disk": onDisk(t)} {
		t.Run(name, func(t *testing.T) {
			files := bucketOf(t, bucket, objects)
			f, err := files.Open(t.Context(), "s3://data/a/b.tar?region=here")
			require.NoError(t, err)
			require.Equal(t, int64(len(content)), f.Size())
			require.NoError(t, iotest.TestReader(struct{ io.ReadSeeker }{f}, []byte(content)))
			_, err = f.Seek(2_000_000, io.SeekStart)
			require.NoError(t, err)
			eight := make([]byte, 8)
			for _, at := range []int64{0, 262_144 - 8, 262_144, 1_600_000, 262_144 - 4, 2_399_992} {
				n, err := f.ReadAt(eight, at)
				require.NoError(t, err)
				require.Equal(t, content[at:at+8], string(eight[:n]))
			}
			n, err := f.ReadAt(eight, 2_399_996)
			require.Equal(t, 4, n)
			require.ErrorIs(t, err, io.EOF)
			_, err = io.ReadFull(f, eight)
			require.NoError(t, err)
			require.Equal(t, "02000000", string(eight), "ReadAt left the place of Read alone")
			require.NoError(t, f.Close())

			entries, err := files.List(t.Context(), "s3://data/a?region=here")
			require.NoError(t, err)
			require.Equal(t, []Entry{{Name: "b.tar"}, {Name: "c", Dir: true}, {Name: "e.txt"}}, slices.Collect(entries.All()))
			for input, want := range map[string]bool{"s3://data?region=here": true, "s3://data/a/?region=here": true, "s3://data/f.txt?region=here": false} {
				isDir, err := files.IsDir(t.Context(), input)
				require.NoError(t, err)
				require.Equal(t, want, isDir, input)
			}
			_, err = files.IsDir(t.Context(), "s3://data/nothing?region=here")
			require.ErrorIs(t, err, fs.ErrNotExist)
			_, err = files.Open(t.Context(), "s3://data/a/nothing?region=here")
			require.ErrorIs(t, err, fs.ErrNotExist)
			_, err = files.Open(t.Context(), "s3://other/a")
			require.ErrorContains(t, err, "s3://other cannot be reached: no bucket at s3://other")
		})
	}
}

func TestIdentity(t *testing.T) {
	bucket := memblob.OpenBucket(nil)
	files := bucketOf(t, bucket, map[string]string{"a": "one", "b": "one", "c": "two"})
	sums := map[string]string{}
	for _, key := range []string{"a", "b", "c"} {
		size, sum, err := files.Identity(t.Context(), "s3://data/"+key+"?region=here")
		require.NoError(t, err)
		require.Equal(t, int64(3), size)
		sums[key] = sum
	}
	require.NotEqual(t, sums["a"], sums["c"])
}

// lastModified is when every object of the server was written.
var lastModified = time.Unix(1_700_000_000, 0)

func TestObjectReadsOnAfterErrors(t *testing.T) {
	content := numbers(100_000)
	server := newS3(map[string]string{"shards/0.tar": content})
	server.cutAfter = 100_000 // of 800,000 bytes a response
	defer server.Close()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	files := New(nil)
	defer func() { require.NoError(t, files.Close()) }()
	query := "?region=here&anonymous=true&use_path_style=true&endpoint=" + server.URL
	f, err := files.Open(t.Context(), "s3://data/shards/0.tar"+query)
	require.NoError(t, err)
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, content, string(got))
	require.Greater(t, server.gets, 5, "the connection was cut again and again")
	require.NoError(t, f.Close())

	entries, err := files.List(t.Context(), "s3://data/shards"+query)
	require.NoError(t, err)
	require.Equal(t, []Entry{{Name: "0.tar", Size: int64(len(content)), Tag: `"e"`}}, slices.Collect(entries.All()))

	server.cutAfter = 1 // not even one byte arrives any more
	f, err = files.Open(t.Context(), "s3://data/shards/0.tar"+query)
	require.NoError(t, err)
	server.refuse = true
	_, err = f.Read(make([]byte, 10))
	var disk *fs.PathError
	require.ErrorAs(t, err, &disk, "a network's error is not the end of the file")
	require.NotErrorIs(t, err, io.EOF)
	require.NoError(t, f.Close())
}

// s3Server is as much of an S3 server as reading needs.
type s3Server struct {
	*httptest.Server
	objects  map[string]string
	cutAfter int  // bytes of a response, when above 0
	refuse   bool // every request for content
	gets     int
}

func newS3(objects map[string]string) *s3Server {
	s := &s3Server{objects: objects}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

func (s *s3Server) serve(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/data/")
	if r.URL.Query().Get("list-type") == "2" {
		prefix := r.URL.Query().Get("prefix")
		fmt.Fprint(w, `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>`)
		for key, content := range s.objects {
			if strings.HasPrefix(key, prefix) {
				fmt.Fprintf(w, `<Contents><Key>%s</Key><Size>%d</Size><ETag>"e"</ETag><LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>`, key, len(content))
			}
		}
		fmt.Fprint(w, `</ListBucketResult>`)
		return
	}
	content, found := s.objects[key]
	switch {
	case !found:
		http.NotFound(w, r)
		return
	case s.refuse:
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	w.Header().Set("ETag", `"e"`)
	if r.Method == http.MethodGet {
		s.gets++
		if s.cutAfter > 0 {
			w = &cutting{w, s.cutAfter}
		}
	}
	http.ServeContent(w, r, "", lastModified, strings.NewReader(content))
}

// cutting ends the connection after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	c.left -= n
	if err == nil && n < len(p) {
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("a"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "b"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.txt"), []byte("b"), 0o600))
	require.NoError(t, os.Symlink("b", filepath.Join(dir, "link")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	files := New(nil)
	entries, err := files.List(t.Context(), dir)
	require.NoError(t, err)
	require.Equal(t, []Entry{{Name: "a.txt"}, {Name: "b", Dir: true}, {Name: "b.txt"}, {Name: "link", Link: true}, {Name: "pipe"}}, slices.Collect(entries.All()))
	for name, want := range map[string]bool{"a.txt": true, "b": true, "b.txt": true, "link": true, "a": false, "z": false} {
		require.Equal(t, want, entries.Has(name), name)
	}
	_, err = files.Open(t.Context(), filepath.Join(dir, "pipe"))
	require.ErrorContains(t, err, "not a regular file")
	_, err = files.Open(t.Context(), filepath.Join(dir, "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	f, err := files.Open(t.Context(), filepath.Join(dir, "a.txt"))
	require.NoError(t, err)
	_, err = f.ReadAt(make([]byte, 1), -1)
	require.ErrorIs(t, err, errOffset)
	for _, offset := range []int64{-1, 1 << 62} {
		_, err = f.Seek(offset, io.SeekStart)
		require.ErrorIs(t, err, errOffset)
	}
	require.NoError(t, f.Close())
}

func TestPaths(t *testing.T) {
	for input, want := range map[string]string{
		"a/b.tar": "a/b.tar", "file:///a/b.tar": "/a/b.tar", "s3://b/k": "s3://b/k", "": "",
	} {
		got, err := Path(input)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, input := range []string{"ftp://x/a", "file://a/b", "http://x/a.tar"} {
		_, err := Path(input)
		require.Error(t, err, input)
	}
	require.Equal(t, "s3://b/a/c.tar?r=1", Join("s3://b/a/?r=1", "c.tar"))
	require.Equal(t, "s3://b/c.tar", Join("s3://b", "c.tar"))
	require.Equal(t, "s3://b/a?r=1", Dir("s3://b/a/c.tar?r=1"))
	require.Equal(t, "s3://b", Dir("s3://b/c.tar"))
	require.Equal(t, "c.tar", Base("s3://b/a/c.tar?r=1"))
	require.Equal(t, Canonical("s3://b/a/?r=1"), Canonical("s3://b/a?r=1"))
	require.NotEqual(t, Canonical("s3://b/a?r=1"), Canonical("s3://b/a?r=2"), "the same name elsewhere")
	require.Equal(t, Canonical("a/b"), Canonical("./a/../a/b/"))
	for _, in := range [][2]string{{"a/b", "a"}, {"a", "a"}, {"./a/b", "a/"}, {"a", "."}, {"/a", "/"}, {"s3://b/a/c?r=1", "s3://b/a?r=1"}, {"s3://b/a", "s3://b"}} {
		require.True(t, Within(in[0], in[1]), in)
	}
	for _, out := range [][2]string{{"ab", "a"}, {"a", "a/b"}, {"..", "."}, {"s3://b/ac", "s3://b/a"}, {"s3://b/a", "s3://c"}, {"a", "s3://b"}} {
		require.False(t, Within(out[0], out[1]), out)
	}
	require.Equal(t, filepath.Join("a", "b"), Join("a", "b"))
}
