package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// slowLine passes connections on to a server, what is sent to it at so many bytes a second.
type slowLine struct {
	address string
	rate    atomic.Int64 // 0: as fast as it goes
	sent    atomic.Int64 // bytes so far
}

func newSlowLine(t *testing.T, server string) *slowLine {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	line := &slowLine{address: listener.Addr().String()}
	var group sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			mu.Lock()
			open = append(open, client, behind)
			mu.Unlock()
			group.Go(func() { line.send(behind, client) })
			group.Go(func() {
				_, _ = io.Copy(client, behind) // ends when either closes
				_ = client.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return line
}

// send passes on what a client sends, 4 KiB at a time.
func (s *slowLine) send(to, from net.Conn) {
	defer func() { _ = to.Close() }() // and so the other direction ends
	piece := make([]byte, 4<<10)
	for {
		n, err := from.Read(piece)
		if rate := s.rate.Load(); rate > 0 {
			time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
		}
		if n > 0 {
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
			s.sent.Add(int64(n))
		}
		if err != nil {
			return
		}
	}
}

// slowClouds start a server of each kind at the end of a slow line.
var slowClouds = map[string]func(*testing.T) (cloud, *slowLine){
	"S3":    func(t *testing.T) (cloud, *slowLine) { return startS3(t).through(t) },
	"Azure": func(t *testing.T) (cloud, *slowLine) { return startAzure(t).through(t) },
	"Google Cloud": func(t *testing.T) (c cloud, line *slowLine) {
		c = startGoogleAs(t, func(address string) string {
			line = newSlowLine(t, address)
			return line.address
		})
		return c, line
	},
}

// through is the bucket as it is reached by a slow line.
func (c cloud) through(t *testing.T) (cloud, *slowLine) {
	t.Helper()
	line := newSlowLine(t, c.address)
	return cloud{c.scheme, strings.ReplaceAll(c.query, c.address, line.address), line.address}, line
}

// TestUploadInterrupted ends the real program while it sends a partition over a slow line, to a real
// server of each kind: an interrupt ends it within a second and leaves no scratch file; after a kill the
// next run removes what was left. Each object that is in the bucket then is whole, nothing says that the
// partition is done, and the same command comes to the index of an undisturbed run.
func TestUploadInterrupted(t *testing.T) {
	program := built(t)
	for name, start := range slowClouds {
		t.Run(name, func(t *testing.T) {
			slow, line := start(t)
			args := func(name string) []string {
				return []string{"--onnxruntime", onnxruntime(t), "--quiet", "index", lab(t, "shards"), "--name", name, "--model", lab(t, "model")}
			}
			onDisk := filepath.Join(t.TempDir(), "disk")
			rollcall(t, args(onDisk)...)
			want := original(t, onDisk)
			scratch := t.TempDir()
			t.Setenv("TMPDIR", scratch)

			for _, how := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGKILL} {
				line.rate.Store(100_000)
				sending := line.sent.Load() + 150_000 // the partition has more
				cmd := exec.Command(program, args(slow.url("upload"))...)
				var message bytes.Buffer
				cmd.Stderr = &message
				require.NoError(t, cmd.Start())
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				require.Eventually(t, func() bool { return line.sent.Load() > sending }, time.Minute, time.Millisecond, "it sends: %s", &message)
				signalled := time.Now()
				require.NoError(t, cmd.Process.Signal(how))
				<-ended
				took := time.Since(signalled)
				line.rate.Store(0)
				left, err := filepath.Glob(filepath.Join(scratch, "*", "*"))
				require.NoError(t, err)
				if how == syscall.SIGKILL {
					require.Len(t, left, 1, "nobody removes it")
				} else {
					require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), message.String())
					require.Contains(t, message.String(), "the same command goes on")
					require.Less(t, took, time.Second)
					require.Empty(t, left)
				}
				t.Logf("%v: ended after %v", how, took)
				requireWhole(t, slow.objects(t, "upload"), want)
			}
			out, err := exec.CommandContext(t.Context(), program, args(slow.url("upload"))...).CombinedOutput()
			require.NoError(t, err, string(out))
			requireSameFiles(t, want, slow.objects(t, "upload"))
			left, err := filepath.Glob(filepath.Join(scratch, "*", "*"))
			require.NoError(t, err)
			require.Empty(t, left, "what the killed one left is removed")
		})
	}
}

// TestUnfinishedUploadsGo has uploads in parts that killed tasks left, in the index and elsewhere in the
// bucket. When the index is complete, those in it are gone.
func TestUnfinishedUploadsGo(t *testing.T) {
	c := startS3(t)
	var client *s3.Client
	require.True(t, c.bucket(t).As(&client))
	bucket := "data"
	for _, key := range []string{"index/.building/0-killed/img_emb/img_emb_0.npy", "index/index.json", "elsewhere/file"} {
		begun, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
		require.NoError(t, err)
		number := int32(1)
		_, err = client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: begun.UploadId, PartNumber: &number, Body: strings.NewReader("a part"),
		})
		require.NoError(t, err)
	}
	rollcall(t, "index", lab(t, "shards"), "--name", c.url("index"), "--model", lab(t, "model"), "--limit", "10")
	left, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket})
	require.NoError(t, err)
	require.Len(t, left.Uploads, 1)
	require.Equal(t, "elsewhere/file", *left.Uploads[0].Key)
}

// requireWhole checks the objects of an index that was interrupted: each has the content that it is to
// have, and none says that a partition is done.
func requireWhole(t *testing.T, objects, want map[string]string) {
	t.Helper()
	for name, content := range objects {
		if name == "index.json" {
			continue
		}
		require.NotContains(t, name, "done/")
		_, file, _ := strings.Cut(strings.TrimPrefix(name, ".building/"), "/")
		require.Equal(t, want[filepath.FromSlash(file)], content, "%s is not whole", name)
	}
}

// requireSameFiles compares an index on disk with one in a bucket; index.json says of each where it is
// published.
func requireSameFiles(t *testing.T, want, got map[string]string) {
	t.Helper()
	require.Len(t, got, len(want))
	for name, content := range want {
		if name != "index.json" {
			require.Equal(t, content, got[filepath.ToSlash(name)], name)
		}
	}
}
