package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"

	"rollcall/internal/server/access"
	"rollcall/internal/server/querylog"
)

// guard is what stands between the service and whoever asks it.
type guard struct {
	flags       serveFlags
	keys        *access.Keyring // nil: no keys are in use
	queries     *querylog.Log
	certificate *certificate // nil: plain HTTP
}

// guard opens keys and certificate, and checks the flags about them.
func (a *app) guard(flags serveFlags) (*guard, error) {
	g := &guard{flags: flags}
	switch {
	case flags.logFormat != "text" && flags.logFormat != "json":
		return nil, usagef("--log-format %s: text or json", flags.logFormat)
	case (flags.tlsCert == "") != (flags.tlsKey == ""):
		return nil, usagef("give --tls-cert and --tls-key together")
	case flags.keyRate < 0 || flags.addrRate < 0:
		return nil, usagef("--key-rate and --address-rate are requests a second; 0 means no limit")
	}
	if flags.keys != "" {
		keys, err := readKeys(flags.keys)
		if err != nil {
			return nil, err
		}
		g.keys = access.NewKeyring(keys)
	}
	if flags.tlsCert != "" {
		g.certificate = &certificate{cert: flags.tlsCert, key: flags.tlsKey}
		if err := g.certificate.load(); err != nil {
			return nil, usageError{err}
		}
	}
	return g, nil
}

// openLog opens the query log, once it is sure that the service will serve.
func (g *guard) openLog(dataDir string) (err error) {
	path := g.flags.queryLog
	if path == "" {
		path = filepath.Join(dataDir, "queries.jsonl")
		if err := os.MkdirAll(dataDir, 0o755); err != nil {
			return usageError{err}
		}
	}
	if g.queries, err = querylog.Open(path); err != nil {
		return usageError{fmt.Errorf("%w; --query-log names another file", err)}
	}
	return nil
}

// readKeys refuses a file without keys, with which nobody could ask.
func readKeys(path string) ([]access.Key, error) {
	keys, err := access.ReadFile(path)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("%s holds no key: rollcall key add makes one", path)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return keys, nil
}

// reload reads again what can change, and goes on with the rest when a part fails.
func (g *guard) reload() error {
	var errs []error
	if g.keys != nil {
		keys, err := readKeys(g.flags.keys)
		if err == nil {
			g.keys.Replace(keys)
		}
		errs = append(errs, err)
	}
	if g.certificate != nil {
		errs = append(errs, g.certificate.load())
	}
	return errors.Join(append(errs, g.queries.Reopen())...)
}

func (g *guard) tls() *tls.Config {
	if g.certificate == nil {
		return nil
	}
	return &tls.Config{GetCertificate: g.certificate.get, MinVersion: tls.VersionTLS12}
}

// certificate is a pair of files that can be replaced while the service runs.
type certificate struct {
	cert, key string
	current   atomic.Pointer[tls.Certificate]
}

func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.cert, c.key, err)
	}
	c.current.Store(&pair)
	return nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// listen refuses an address that other machines can reach, unless they need a key and the key does
// not cross the network in the clear.
func listen(ctx context.Context, flags serveFlags) (net.Listener, error) {
	host, _, err := net.SplitHostPort(flags.listen)
	if err != nil {
		return nil, usagef("--listen %s: %w", flags.listen, err)
	}
	ip := net.ParseIP(host)
	switch loopback := host == "localhost" || ip != nil && ip.IsLoopback(); {
	case loopback:
	case flags.keys == "":
		return nil, usagef("--listen %s: other machines could reach this address; give --keys FILE (rollcall key add makes it), or a loopback address such as 127.0.0.1:1234", flags.listen)
	case flags.tlsCert == "" && !flags.plainHTTP:
		return nil, usagef("--listen %s: keys and answers would cross the network in the clear; give --tls-cert and --tls-key, or --plain-http when a proxy in front has TLS", flags.listen)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", flags.listen)
	if err != nil {
		return nil, usageError{err}
	}
	return listener, nil
}
