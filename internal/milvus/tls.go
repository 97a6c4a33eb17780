package milvus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc/credentials"
)

// transport gives the credentials of a TLS connection; nil when there is to be none.
func (cfg Config) transport() (credentials.TransportCredentials, error) {
	if !cfg.TLS && cfg.CAFile == "" && cfg.CertFile == "" && cfg.KeyFile == "" {
		return nil, nil
	}
	if (cfg.CertFile == "") != (cfg.KeyFile == "") {
		return nil, errors.New("milvus: a client's certificate and its key go together: one of them is missing")
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.CAFile != "" {
		text, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("milvus: certificate of the authority: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("milvus: %s holds no certificate in PEM", cfg.CAFile)
		}
	}
	if cfg.CertFile != "" {
		own, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("milvus: the client's certificate %s and key %s: %w", cfg.CertFile, cfg.KeyFile, err)
		}
		settings.Certificates = []tls.Certificate{own}
	}
	return alerting{credentials.NewTLS(settings)}, nil
}

// alerting says why a server closed a connection. With TLS 1.3 a client's certificate is refused after
// the client's handshake is over, so that a first message may find the connection closed before the
// alert is read.
type alerting struct {
	credentials.TransportCredentials
}

// ClientHandshake makes a connection whose writes fail with the server's alert, if it sent one.
func (a alerting) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := a.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		return nil, nil, err
	}
	return alertingConn{conn}, info, nil
}

// Clone copies the credentials.
func (a alerting) Clone() credentials.TransportCredentials {
	return alerting{a.TransportCredentials.Clone()}
}

type alertingConn struct{ net.Conn }

// alertWait is how long an alert that is on its way may take after a connection has failed.
const alertWait = time.Second

func (c alertingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err == nil || c.SetReadDeadline(time.Now().Add(alertWait)) != nil {
		return n, err
	}
	// The connection is lost: nobody misses a byte. An alert that was read already is given again.
	_, why := c.Read(make([]byte, 1))
	var alert *net.OpError
	if errors.As(why, &alert) && alert.Op == "remote error" {
		return n, alert
	}
	return n, err
}
