package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// firstImage is the first JPEG of a tar.
func firstImage(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	shard := tar.NewReader(file)
	for {
		header, err := shard.Next()
		require.NoError(t, err)
		if strings.HasSuffix(header.Name, ".jpg") {
			data, err := io.ReadAll(shard)
			require.NoError(t, err)
			return data
		}
	}
}

// built is the program as a file: the test binary under the program's name, which TestMain makes
// run the program.
func built(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "rollcall")
	require.NoError(t, os.Symlink(self, path))
	return path
}

// TestKilledIndexResumesToTheSameBytes kills the real program with the real model at random moments
// and lets the same command finish: every file is that of an undisturbed run.
func TestKilledIndexResumesToTheSameBytes(t *testing.T) {
	program := built(t)
	args := func(dir string) []string {
		return []string{"--onnxruntime", onnxruntime(t), "--quiet", "index", lab(t, "shards"), "--name", dir, "--model", lab(t, "model"), "--partition-rows", "100"}
	}
	whole := filepath.Join(t.TempDir(), "whole")
	started := time.Now()
	out, err := exec.CommandContext(t.Context(), program, args(whole)...).CombinedOutput()
	require.NoError(t, err, string(out))
	took := time.Since(started)

	random := rand.New(rand.NewPCG(1, 2))
	killed := filepath.Join(t.TempDir(), "killed")
	kills := 0
	for range 8 {
		cmd := exec.Command(program, args(killed)...)
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(random.Int64N(int64(took))))
		if cmd.Process.Signal(syscall.SIGKILL) == nil {
			kills++
		}
		_ = cmd.Wait() // it was killed
	}
	require.Positive(t, kills)
	out, err = exec.CommandContext(t.Context(), program, args(killed)...).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, tree(t, whole), tree(t, killed))
}

// tree reads every file below a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(data)
		return err
	}))
	return files
}

// TestInterruptStopsWithinASecond sends an interrupt to a running index.
func TestInterruptStopsWithinASecond(t *testing.T) {
	program := built(t)
	dir := filepath.Join(t.TempDir(), "index")
	cmd := exec.Command(program, "--onnxruntime", onnxruntime(t), "--quiet", "index", lab(t, "shards"), "--name", dir, "--model", lab(t, "model"), "--batch", "1", "--threads", "1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(dir, "index.json")); return err == nil }, 20*time.Second, time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-done:
		require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), stderr.String())
		require.Contains(t, stderr.String(), "the same command goes on")
	case <-time.After(5 * time.Second):
		require.NoError(t, cmd.Process.Kill())
		t.Fatal("the program did not stop")
	}
}

// TestServeAnswersTextAndImage starts the service with a model and asks it as clip-retrieval's
// client does.
func TestServeAnswersTextAndImage(t *testing.T) {
	dir := t.TempDir()
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "100")
	base := serve(t, "--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "lab", "--index", "again="+filepath.Join(dir, "lab"), "--model", lab(t, "model"))

	require.JSONEq(t, `["lab","again"]`, ask(t, http.MethodGet, base+"/indices-list", nil))
	query := map[string]any{
		"text": nil, "image": base64.StdEncoding.EncodeToString(firstImage(t, lab(t, "shards", "00000.tar"))), "image_url": nil, "embedding_input": nil,
		"deduplicate": true, "use_safety_model": true, "use_violence_detector": true, "indice_name": "again", "use_mclip": false,
		"aesthetic_score": 9, "aesthetic_weight": 0.5, "modality": "image", "num_images": 3, "num_result_ids": 3,
	}
	type result struct {
		ID         int64
		Similarity float64
		Caption    string
	}
	var results []result
	require.NoError(t, json.Unmarshal([]byte(ask(t, http.MethodPost, base+"/knn-service", query)), &results))
	require.Equal(t, int64(0), results[0].ID, "an image's nearest row is its own")
	require.InDelta(t, 1, results[0].Similarity, 1e-3)

	query["image"], query["text"] = nil, results[0].Caption
	query["modality"], query["deduplicate"] = "text", false
	require.NoError(t, json.Unmarshal([]byte(ask(t, http.MethodPost, base+"/knn-service", query)), &results))
	require.InDelta(t, 1, results[0].Similarity, 1e-3, "a caption's nearest row has the same caption")
}

// serve runs the service until the test ends, and returns its address.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan int, 1)
	args = append([]string{"--onnxruntime", onnxruntime(t)}, args...)
	go func() { done <- run(ctx, args, io.Discard, writer) }()
	t.Cleanup(func() {
		cancel()
		require.Equal(t, exitDone, <-done)
	})
	lines := bufio.NewScanner(reader)
	require.True(t, lines.Scan())
	_, base, found := strings.Cut(lines.Text(), " on http")
	require.True(t, found, lines.Text())
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	return "http" + base
}

func ask(t *testing.T, method, url string, body any) string {
	t.Helper()
	var content bytes.Buffer
	if body != nil {
		require.NoError(t, json.NewEncoder(&content).Encode(body))
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, &content)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(answer))
	return string(answer)
}
