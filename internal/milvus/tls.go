package milvus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
)

// transport gives the credentials of a TLS connection with certificates of one's own; nil when the
// SDK's will do: none, or TLS with the system's authorities.
func (cfg Config) transport() (credentials.TransportCredentials, error) {
	if cfg.CAFile == "" && cfg.CertFile == "" && cfg.KeyFile == "" {
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
	return credentials.NewTLS(settings), nil
}
