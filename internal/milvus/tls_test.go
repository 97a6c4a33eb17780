package milvus

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue writes a certificate for 127.0.0.1 and its key as NAME.pem and NAME.key, signed by the
// authority, or by itself when that is nil: then it is an authority.
func issue(t *testing.T, dir, name string, by *authority) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true, IsCA: by == nil,
	}
	if by == nil {
		by = &authority{template, key}
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, by.certificate, &key.PublicKey, by.key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	write := func(file, kind string, content []byte) {
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), text, 0o600))
	}
	write(name+".pem", "CERTIFICATE", signed)
	write(name+".key", "PRIVATE KEY", private)
	parsed, err := x509.ParseCertificate(signed)
	require.NoError(t, err)
	return authority{parsed, key}
}

// TestTLS reaches engines that show a certificate, and that ask for one as well: who has what is
// needed publishes and reads, everybody else gets an error that says what is wrong, in time.
func TestTLS(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two engines of its own")
	}
	needEngine(t)
	t.Parallel()
	dir := t.TempDir()
	ca := issue(t, dir, "ca", nil)
	issue(t, dir, "server", &ca)
	issue(t, dir, "client", &ca)
	stranger := issue(t, dir, "stranger", nil)
	issue(t, dir, "other", &stranger)
	file := func(name string) string { return filepath.Join(dir, name) }

	type attempt struct {
		cfg  Config
		want string // "" is a success
	}
	right := Config{Username: testUser, Password: testPassword, CAFile: file("ca.pem")}
	with := func(change func(*Config)) Config {
		cfg := right
		change(&cfg)
		return cfg
	}
	shown := with(func(c *Config) { c.CertFile, c.KeyFile = file("client.pem"), file("client.key") })
	modes := map[string]map[string]attempt{
		"1": {
			"right":           {right, ""},
			"token":           {Config{APIKey: testUser + ":" + testPassword, CAFile: file("ca.pem")}, ""},
			"wrong token":     {Config{APIKey: testUser + ":s3cret", CAFile: file("ca.pem")}, "credentials"},
			"wrong password":  {with(func(c *Config) { c.Password = "s3cret" }), "credentials"},
			"another CA":      {with(func(c *Config) { c.CAFile = file("stranger.pem") }), "unknown authority"},
			"the system's CA": {with(func(c *Config) { c.CAFile, c.TLS = "", true }), "unknown authority"},
			"no TLS":          {with(func(c *Config) { c.CAFile = "" }), "TLS"},
		},
		"2": {
			"right":            {shown, ""},
			"no certificate":   {right, "bad certificate"},
			"a stranger's":     {with(func(c *Config) { c.CertFile, c.KeyFile = file("other.pem"), file("other.key") }), "certificate"},
			"missing database": {with(func(c *Config) { *c = shown; c.Database = "nowhere" }), "nowhere"},
		},
	}
	for mode, attempts := range modes {
		e, err := newEngine("COMMON_SECURITY_TLSMODE="+mode, "TLS_CAPEMPATH="+file("ca.pem"),
			"TLS_SERVERPEMPATH="+file("server.pem"), "TLS_SERVERKEYPATH="+file("server.key"))
		t.Cleanup(func() { require.NoError(t, errors.Join(e.script("kill"), os.RemoveAll(e.dir))) })
		require.NoError(t, err)
		for name, a := range attempts {
			t.Run("mode "+mode+" "+name, func(t *testing.T) {
				a.cfg.Address = e.address
				start := time.Now()
				c, err := Dial(t.Context(), a.cfg)
				require.Less(t, time.Since(start), 6*time.Second)
				if a.want != "" {
					require.ErrorContains(t, err, a.want)
					require.ErrorContains(t, err, e.address)
					require.NotContains(t, err.Error(), "s3cret")
					return
				}
				require.NoError(t, err)
				defer c.Close()
				data := someRows(31, 40)
				spec := specOf("secret", "g1", data)
				require.NoError(t, c.Publish(t.Context(), spec, sourceOf(data)))
				requireHolds(t, c, spec, data)
			})
		}
	}
}

func TestTransportRefusesBadFiles(t *testing.T) {
	dir := t.TempDir()
	issue(t, dir, "one", nil)
	issue(t, dir, "two", nil)
	empty := filepath.Join(dir, "empty.pem")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	file := func(name string) string { return filepath.Join(dir, name) }
	cases := map[string]struct {
		cfg  Config
		want string
	}{
		"missing authority":   {Config{CAFile: file("nowhere.pem")}, "nowhere.pem"},
		"empty authority":     {Config{CAFile: empty}, "empty.pem holds no certificate"},
		"key alone":           {Config{KeyFile: file("one.key")}, "go together"},
		"key of another":      {Config{CertFile: file("one.pem"), KeyFile: file("two.key")}, "one.pem"},
		"missing certificate": {Config{CertFile: file("three.pem"), KeyFile: file("one.key")}, "three.pem"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.cfg.Address = "db:1"
			_, err := Dial(t.Context(), c.cfg)
			require.ErrorContains(t, err, c.want)
		})
	}
}
