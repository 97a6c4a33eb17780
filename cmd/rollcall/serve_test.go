package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server/querylog"
)

// certify writes a certificate for 127.0.0.1 that signs itself.
func certify(t *testing.T, dir string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "rollcall test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(cert, text, 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	pool = x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(text))
	return cert, key, pool
}

// TestServiceWithKeysOverTLS serves beyond loopback, asks with each role, and reloads: a removed
// key is refused and a new index is served, without a restart.
func TestServiceWithKeysOverTLS(t *testing.T) {
	dir := t.TempDir()
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "50")
	keys := filepath.Join(dir, "keys.jsonl")
	reader := strings.TrimSpace(rollcall(t, "key", "add", "--keys", keys, "--role", "read", "--name", "Ada"))
	admin := strings.TrimSpace(rollcall(t, "key", "add", "--keys", keys, "--role", "admin", "--name", "Ben"))
	settings := filepath.Join(dir, "settings.yaml")
	require.NoError(t, os.WriteFile(settings, []byte("serve:\n  index: [lab]\n"), 0o600))
	cert, private, pool := certify(t, dir)
	base := serve(t, "--config", settings, "--data-dir", dir, "serve", "--listen", "0.0.0.0:0", "--keys", keys, "--tls-cert", cert, "--tls-key", private)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(base, "https://"))
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	get := func(path, key string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:"+port+path, nil)
		require.NoError(t, err)
		if key != "" {
			request.Header.Set("Authorization", "Bearer "+key)
		}
		response, err := client.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(text)
	}
	status := func(path, key string) int { code, _ := get(path, key); return code }

	require.Equal(t, 200, status("/healthz", ""))
	require.Equal(t, 401, status("/indices-list", ""))
	require.Equal(t, 401, status("/indices-list", admin+"x"))
	require.Equal(t, 200, status("/indices-list", reader))
	require.Equal(t, 403, status("/query-log", reader))
	require.Equal(t, 200, status("/v1/indices/lab/rows/3", reader))
	code, text := get("/query-log", admin)
	require.Equal(t, 200, code)
	var entry querylog.Entry
	require.NoError(t, json.Unmarshal([]byte(strings.Split(text, "\n")[0]), &entry))
	require.Equal(t, []any{"Ada", "rows", "lab", []int64{3}}, []any{entry.Name, entry.Action, entry.Index, entry.Rows})

	rollcall(t, "key", "remove", entry.Key, "--keys", keys)
	require.NoError(t, os.WriteFile(settings, []byte("serve:\n  index: [lab, also="+filepath.Join(dir, "lab")+"]\n"), 0o600))
	require.NoError(t, os.Rename(filepath.Join(dir, "queries.jsonl"), filepath.Join(dir, "queries.1.jsonl")))
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool { return status("/indices-list", reader) == 401 }, 5*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool {
		_, text := get("/indices-list", admin)
		return strings.TrimSpace(text) == `["lab","also"]`
	}, 5*time.Second, 20*time.Millisecond)
	require.Equal(t, 200, status("/v1/indices/also/rows/3", admin))
	data, err := os.ReadFile(filepath.Join(dir, "queries.jsonl"))
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(data, []byte{'\n'}), "the new log has what came after the reload")

	require.NoError(t, os.WriteFile(settings, []byte("serve:\n  index: [nobody]\n"), 0o600))
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	time.Sleep(200 * time.Millisecond)
	require.Equal(t, 200, status("/v1/indices/also/rows/3", admin), "a list that cannot be opened changes nothing")

	_, _, renewed := certify(t, dir)
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool {
		fresh := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: renewed}, DisableKeepAlives: true}}
		response, err := fresh.Get("https://127.0.0.1:" + port + "/healthz") // the former certificate is no root of this client's
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == 200
	}, 5*time.Second, 20*time.Millisecond, "a renewed certificate is in force without a restart")
	require.NoError(t, os.WriteFile(cert, []byte("cut off"), 0o600))
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	time.Sleep(200 * time.Millisecond)
	require.Equal(t, 200, status("/healthz", ""), "a certificate that cannot be read changes nothing")
}

// spawn starts the real program as a service, and gives its address and a way to kill it.
func spawn(t *testing.T, args ...string) (base string, kill func()) {
	t.Helper()
	cmd := exec.Command(built(t), append([]string{"--onnxruntime", onnxruntime(t)}, args...)...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(stderr)
	require.True(t, lines.Scan())
	_, base, _ = strings.Cut(lines.Text(), " on ")
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, stderr) }()
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-drained
		_ = cmd.Wait() // it was killed
	})
	t.Cleanup(kill)
	return base, kill
}

// TestKilledServiceLosesNoWrittenLine kills the real program while it answers, and finds every
// answer that a client got in the query log.
func TestKilledServiceLosesNoWrittenLine(t *testing.T) {
	dir := t.TempDir()
	rollcall(t, "--data-dir", dir, "index", lab(t, "shards"), "--name", "lab", "--model", lab(t, "model"), "--limit", "50")
	base, kill := spawn(t, "--data-dir", dir, "serve", "--listen", "127.0.0.1:0", "--index", "lab")
	answered := make(chan []string)
	for range 8 {
		go func() {
			var ids []string
			for {
				response, err := http.Post(base+"/metadata", "", strings.NewReader(`{"ids":[1,2],"indice_name":""}`))
				if err != nil {
					answered <- ids
					return
				}
				_, err = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if err == nil && response.StatusCode == 200 {
					ids = append(ids, response.Header.Get("X-Request-Id"))
				}
			}
		}()
	}
	time.Sleep(500 * time.Millisecond)
	kill()
	data, err := os.ReadFile(filepath.Join(dir, "queries.jsonl"))
	require.NoError(t, err)
	got := 0
	for range 8 {
		for _, id := range <-answered {
			got++
			require.Contains(t, string(data), `"request":"`+id+`"`)
		}
	}
	require.Greater(t, got, 50, "the service was at work")
	for line := range strings.Lines(string(data)) {
		require.True(t, json.Valid([]byte(line)), line)
	}
}
