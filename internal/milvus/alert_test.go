package milvus

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/credentials"
)

// A server refuses a client that shows no certificate when the client takes the handshake for done.
// The client writes until that fails, and must learn what the server said rather than that a pipe
// is broken, which is all that a connection without it says.
func TestWritesFailWithTheServersAlert(t *testing.T) {
	dir := t.TempDir()
	ca := issue(t, dir, "ca", nil)
	issue(t, dir, "server", &ca)
	own, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	require.NoError(t, err)
	transport, err := Config{CAFile: filepath.Join(dir, "ca.pem")}.transport()
	require.NoError(t, err)

	write := func(by credentials.TransportCredentials) error {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		closed := make(chan error, 1)
		go func() {
			raw, err := listener.Accept()
			if err == nil {
				err = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{own}, NextProtos: []string{"h2"}, ClientAuth: tls.RequireAndVerifyClientCert}).Handshake()
				_ = raw.Close() // the handshake's error is what counts
			}
			closed <- err
		}()
		raw, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		defer raw.Close()
		conn, _, err := by.ClientHandshake(t.Context(), "127.0.0.1", raw)
		require.NoError(t, err)
		require.Error(t, <-closed, "the server refuses")
		for err == nil {
			_, err = conn.Write([]byte("a message"))
		}
		return err
	}
	require.NotContains(t, write(transport.(alerting).TransportCredentials).Error(), "remote error")
	for range 20 {
		require.ErrorContains(t, write(transport), "remote error: tls: ")
	}
}
