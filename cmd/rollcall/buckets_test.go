package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"

	"rollcall/internal/dataset/storage"
)

// cloud is a real server for buckets of one kind, with one bucket named data.
type cloud struct {
	scheme, query string
	address       string // of the server
}

// url is where something is in the bucket.
func (c cloud) url(key string) string { return c.scheme + "://data/" + key + c.query }

func (c cloud) bucket(t *testing.T) *blob.Bucket {
	t.Helper()
	bucket, err := blob.OpenBucket(t.Context(), c.scheme+"://data"+c.query)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	return bucket
}

// serverFile is a part of what scripts/bucket_servers.sh provides.
func serverFile(t *testing.T, name string) string {
	t.Helper()
	at := filepath.Join(projectRoot(t), ".cache", "buckets", filepath.FromSlash(name))
	if _, err := os.Stat(at); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatal("the servers of buckets are not here: run scripts/bucket_servers.sh")
		}
		t.Skip("the servers of buckets are not here: run scripts/bucket_servers.sh")
	}
	return at
}

// startServer runs a server on a free port until the test ends, and waits until it answers.
func startServer(t *testing.T, program string, args func(port string) []string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address = listener.Addr().String()
	require.NoError(t, listener.Close())
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	server := exec.Command(program, args(port)...)
	var output bytes.Buffer
	server.Stdout, server.Stderr = &output, &output
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		require.NoError(t, server.Process.Kill())
		_ = server.Wait() // it was killed
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		response, err := http.Get("http://" + address)
		if err == nil {
			require.NoError(t, response.Body.Close())
			return address
		}
		require.True(t, time.Now().Before(deadline), "%s does not answer: %s", program, output.String())
	}
}

func startS3(t *testing.T) cloud {
	dir, sidecar := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "data"), 0o700))
	t.Setenv("AWS_ACCESS_KEY_ID", "tester")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	address := startServer(t, serverFile(t, "versitygw"), func(port string) []string {
		return []string{"--access", "tester", "--secret", "secret", "--port", "127.0.0.1:" + port, "posix", "--sidecar", sidecar, dir}
	})
	return cloud{"s3", "?region=us-east-1&use_path_style=true&endpoint=http://" + address, address}
}

func startGoogle(t *testing.T) cloud {
	return startGoogleAs(t, func(address string) string { return address })
}

// startGoogleAs starts a server that knows itself by the address at which clients reach it.
func startGoogleAs(t *testing.T, public func(address string) string) cloud {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "data"), 0o700))
	var known string
	startServer(t, serverFile(t, "fake-gcs-server"), func(port string) []string {
		known = public("127.0.0.1:" + port)
		return []string{"-scheme", "http", "-host", "127.0.0.1", "-port", port, "-public-host", known,
			"-external-url", "http://" + known, "-filesystem-root", dir, "-log-level", "error"}
	})
	t.Setenv("STORAGE_EMULATOR_HOST", known)
	return cloud{scheme: "gs", address: known}
}

// The account that Azurite has, with its published key.
const (
	azureAccount = "devstoreaccount1"
	azureKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

func startAzure(t *testing.T) cloud {
	node, err := exec.LookPath("node")
	if err != nil {
		require.NotEqual(t, "1", os.Getenv("ROLLCALL_REQUIRE_ALL"), "Azurite needs Node.js")
		t.Skip("Azurite needs Node.js")
	}
	dir := t.TempDir()
	address := startServer(t, node, func(port string) []string {
		return []string{serverFile(t, "node_modules/azurite/dist/src/blob/main.js"), "--blobPort", port, "--location", dir,
			"--silent", "--skipApiVersionCheck", "--disableTelemetry"}
	})
	key, err := container.NewSharedKeyCredential(azureAccount, azureKey)
	require.NoError(t, err)
	client, err := container.NewClientWithSharedKeyCredential("http://"+address+"/"+azureAccount+"/data", key, nil)
	require.NoError(t, err)
	_, err = client.Create(t.Context(), nil)
	require.NoError(t, err)
	t.Setenv("AZURE_STORAGE_ACCOUNT", azureAccount)
	t.Setenv("AZURE_STORAGE_KEY", azureKey)
	return cloud{"azblob", "?protocol=http&localemu=true&domain=" + address, address}
}

// upload copies the files below a folder into the bucket.
func (c cloud) upload(t *testing.T, dir, key string) {
	t.Helper()
	bucket := c.bucket(t)
	for name, content := range tree(t, dir) {
		require.NoError(t, bucket.WriteAll(t.Context(), path.Join(key, filepath.ToSlash(name)), []byte(content), nil))
	}
}

// objects are the contents below a key, by the rest of their names.
func (c cloud) objects(t *testing.T, key string) map[string]string {
	t.Helper()
	bucket := c.bucket(t)
	found := map[string]string{}
	for list := bucket.List(&blob.ListOptions{Prefix: key + "/"}); ; {
		o, err := list.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		content, err := bucket.ReadAll(t.Context(), o.Key)
		require.NoError(t, err)
		found[strings.TrimPrefix(o.Key, key+"/")] = string(content)
	}
}

// original are the files of an index on disk without those that are derived from them.
func original(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := tree(t, dir)
	for name := range files {
		folder, _, _ := strings.Cut(filepath.ToSlash(name), "/")
		switch folder {
		case "index.json", "img_emb", "text_emb", "metadata", "ledger":
		default:
			delete(files, name)
		}
	}
	return files
}

// TestIndexInBuckets reads a data set from a bucket and writes its index into the same bucket, for each
// kind of bucket there is, with a real server of each: two tasks, one of them killed and run again.
// The objects are byte for byte the files of one undisturbed run on disk, and nothing else is left.
// Embeddings and loose images are then read from the bucket too.
func TestIndexInBuckets(t *testing.T) {
	for name, start := range map[string]func(*testing.T) cloud{"S3": startS3, "Google Cloud": startGoogle, "Azure": startAzure} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			c.upload(t, lab(t, "shards"), "shards")
			args := func(input, name string, more ...string) []string {
				return append([]string{"index", input, "--name", name, "--model", lab(t, "model"), "--partition-rows", "30", "--limit", "200"}, more...)
			}
			onDisk := filepath.Join(t.TempDir(), "disk")
			rollcall(t, args(lab(t, "shards"), onDisk)...)
			whole := filepath.Join(t.TempDir(), "whole")
			rollcall(t, args(c.url("shards"), whole)...)
			want := original(t, whole)
			for file, content := range original(t, onDisk) {
				if file != "index.json" && !strings.HasPrefix(file, "ledger") {
					require.Equal(t, content, want[file], "%s of the data set in the bucket and on disk", file)
				}
			}

			listingsTell(t, c, "shards")
			code, message := failing(t, args(c.url("shards"), strings.Replace(c.url("index"), "data", "nowhere", 1))...)
			require.Equal(t, exitFailed, code)
			require.Contains(t, message, "there is no such bucket; check the URL")
			shared := c.url("indexes/shared")
			kills := killedRuns(t, args(c.url("shards"), shared, "--task", "1/2")...)
			require.Contains(t, rollcall(t, args(c.url("shards"), shared, "--task", "1/2")...), "task 1/2 is done")
			code, message = failing(t, "index", "--finish", "--name", shared)
			require.Equal(t, exitFailed, code)
			require.Contains(t, message, "partitions [0 2 4] are missing")
			require.Contains(t, rollcall(t, args(c.url("shards"), shared, "--task", "0/2")...), "200 samples, 200 rows in 7 partitions, 0 failures")
			require.Equal(t, want, c.objects(t, "indexes/shared"), "after %d kills", kills)
			require.Contains(t, rollcall(t, "index", "--finish", "--name", shared), "200 samples")
			rollcall(t, args(c.url("shards"), shared)...)
			require.Equal(t, want, c.objects(t, "indexes/shared"), "repeats change nothing")

			code, message = failing(t, args(c.url("shards"), shared, "--embed", "captions")...)
			require.Equal(t, exitUsage, code)
			require.Contains(t, message, "images: true there, false asked for")
			oneIsFirst(t, c.url("race"))

			again := filepath.Join(t.TempDir(), "again")
			rollcall(t, "index", shared, "--name", again, "--model", lab(t, "model"), "--partition-rows", "30")
			requireSameVectors(t, onDisk, again, 7)
			person := filepath.Base(first(t, lab(t, "photos", "*")))
			c.upload(t, lab(t, "photos", person), "loose/"+person)
			folders := []string{filepath.Join(t.TempDir(), "disk"), filepath.Join(t.TempDir(), "bucket")}
			rollcall(t, "index", lab(t, "photos", person), "--name", folders[0], "--model", lab(t, "model"), "--embed", "images")
			rollcall(t, "index", c.url("loose"), "--name", folders[1], "--model", lab(t, "model"), "--embed", "images")
			requireSameVectors(t, folders[0], folders[1], 1)
		})
	}
}

// listingsTell checks that a listing says of each object what the object itself does: by either a data
// set is the same.
func listingsTell(t *testing.T, c cloud, key string) {
	t.Helper()
	files := storage.New(nil)
	listing, err := files.List(t.Context(), c.url(key))
	require.NoError(t, err)
	require.Positive(t, listing.Len())
	for e := range listing.All() {
		size, tag, err := files.Identity(t.Context(), c.url(key+"/"+e.Name))
		require.NoError(t, err)
		require.Equal(t, storage.Entry{Name: e.Name, Size: size, Tag: tag}, e)
		require.Regexp(t, `^".+"$`, tag)
	}
	require.NoError(t, files.Close())
}

// TestRequestsOfABucket counts what loose files and shards in a bucket cost: listings, of a thousand
// objects each, and then one request a file.
func TestRequestsOfABucket(t *testing.T) {
	c := startS3(t)
	person := filepath.Base(first(t, lab(t, "photos", "*")))
	c.upload(t, lab(t, "photos", person), "loose")
	c.upload(t, lab(t, "shards"), "shards")
	photos, shards := len(c.objects(t, "loose")), len(c.objects(t, "shards"))
	behind, err := url.Parse("http://" + c.address)
	require.NoError(t, err)
	var mu sync.Mutex
	asked := map[string]int{}
	proxy := httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		mu.Lock()
		defer mu.Unlock()
		what := r.In.Method
		if r.In.URL.Query().Has("list-type") {
			what = "LIST"
		}
		asked[what]++
		r.SetURL(behind)
		r.Out.Host = r.In.Host // it is signed
	}}
	server := httptest.NewServer(&proxy)
	defer server.Close()
	c.query = strings.ReplaceAll(c.query, c.address, strings.TrimPrefix(server.URL, "http://"))
	index := func(key string, more ...string) map[string]int {
		clear(asked)
		rollcall(t, append([]string{"index", c.url(key), "--name", filepath.Join(t.TempDir(), key), "--model", lab(t, "model")}, more...)...)
		return maps.Clone(asked)
	}
	// It may be an object, so it is looked at and listed to tell; then for the digest, and to be read.
	require.Equal(t, map[string]int{"HEAD": 1, "LIST": 3, "GET": photos}, index("loose", "--embed", "images", "--format", "folder"))
	// The first tar is looked at beside, to tell whether it is one: at its first bytes and its first header.
	require.Equal(t, map[string]int{"HEAD": 2, "LIST": 2, "GET": 2 + shards}, index("shards", "--embed", "images", "--format", "webdataset"))
}

// first is the first path that a pattern matches.
func first(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, found, pattern)
	return found[0]
}

// requireSameVectors compares the vectors of two indexes, file by file.
func requireSameVectors(t *testing.T, want, got string, files int) {
	t.Helper()
	there := tree(t, filepath.Join(want, "img_emb"))
	require.Len(t, there, files)
	require.Equal(t, there, tree(t, filepath.Join(got, "img_emb")))
}

// failing runs the program where it must not succeed.
func failing(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	var out, message bytes.Buffer
	code = run(t.Context(), append([]string{"--onnxruntime", onnxruntime(t), "--quiet"}, args...), &out, &message)
	require.NotEqual(t, exitDone, code)
	return code, message.String()
}

// killedRuns starts the program three times and kills it at random moments of its first seconds.
func killedRuns(t *testing.T, args ...string) (kills int) {
	t.Helper()
	program := built(t)
	random := rand.New(rand.NewPCG(41, 43))
	for range 3 {
		cmd := exec.Command(program, append([]string{"--onnxruntime", onnxruntime(t), "--quiet"}, args...)...)
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(random.Int64N(int64(3 * time.Second))))
		if cmd.Process.Signal(syscall.SIGKILL) == nil {
			kills++
		}
		_ = cmd.Wait() // it was killed
	}
	return kills
}

// oneIsFirst has eight writers begin the same record at once: one of them is told that it was first.
func oneIsFirst(t *testing.T, url string) {
	t.Helper()
	for round := range 5 {
		var winners atomic.Int64
		var group sync.WaitGroup
		for writer := range 8 {
			group.Go(func() {
				won, err := create(t.Context(), url, fmt.Sprintf("done/%d.json", round), fmt.Sprintf("writer %d", writer))
				if err != nil {
					t.Error(err)
				} else if won {
					winners.Add(1)
				}
			})
		}
		group.Wait()
		require.Equal(t, int64(1), winners.Load(), "round %d", round)
	}
}

func create(ctx context.Context, url, name, content string) (first bool, err error) {
	folder, err := storage.OpenFolder(ctx, url)
	if err != nil {
		return false, err
	}
	if _, err := folder.Read(ctx, name+".none", 10); !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("what is not there: %w", err)
	}
	first, err = folder.Create(ctx, name, []byte(content))
	return first, errors.Join(err, folder.Close())
}
