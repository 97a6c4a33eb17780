package milvus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	grpc_retry "github.com/grpc-ecosystem/go-grpc-middleware/retry"
	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
)

const (
	defaultCallTimeout = 30 * time.Second
	dialTimeout        = 4 * time.Second

	// flushEvery is how many rows are loaded between two records of progress. Each flush seals the
	// growing segments, so flushing more often leaves many small ones.
	flushEvery = 1 << 20
)

// Config says how to reach Milvus.
type Config struct {
	Address     string // host:port, or https://host for TLS; no credentials in it
	Username    string // with Password, or neither
	Password    string // never part of an error or a log line
	APIKey      string // or token, USER:PASSWORD, instead of Username and Password
	Database    string // "" is Milvus's default database
	TLS         bool   // also on for an https address, and with any of the files below
	CAFile      string // certificates, PEM, of the authorities to trust; "": the system's
	CertFile    string // the client's own certificate, with KeyFile, where the server asks for one
	KeyFile     string
	CallTimeout time.Duration // of one call, and of asking again for an incomplete answer; 0 means 30 s
}

// Client is a connection to Milvus that any number of goroutines share. It reconnects by itself.
type Client struct {
	sdk        client.Client
	address    string
	version    string
	timeout    time.Duration
	flushEvery int64
}

// Dial connects to Milvus and checks that it answers and is version 2.3 or newer, within four
// seconds or an earlier deadline of ctx. The caller closes the client.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Client{address: cfg.Address, timeout: cfg.CallTimeout, flushEvery: flushEvery}
	if c.timeout == 0 {
		c.timeout = defaultCallTimeout
	}
	own, err := cfg.transport()
	if err != nil {
		return nil, err
	}
	dialCtx, cancel := context.WithTimeout(ctx, min(dialTimeout, c.timeout))
	defer cancel()
	sdk, err := client.NewClient(dialCtx, client.Config{
		Address:       cfg.Address,
		Username:      cfg.Username,
		Password:      cfg.Password,
		APIKey:        cfg.APIKey,
		DBName:        cfg.Database,
		EnableTLSAuth: cfg.TLS,
		DialOptions:   dialOptions(c.timeout, own),
	})
	if err != nil {
		return nil, c.fail("connect", fmt.Errorf("%w; check that Milvus runs there and that address, database, credentials and TLS are right", err))
	}
	c.sdk = sdk
	if c.version, err = sdk.GetVersion(dialCtx); err == nil {
		err = checkVersion(c.version)
	}
	if err != nil {
		return nil, errors.Join(c.fail("ask for the version", err), sdk.Close())
	}
	return c, nil
}

// Close closes the connection.
func (c *Client) Close() error { return c.sdk.Close() }

// Version is the version the server gave, such as "v2.3.5".
func (c *Client) Version() string { return c.version }

// fail says which server an error came from and what was asked of it.
func (c *Client) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("milvus at %s: %s: %w", c.address, what, err)
}

// check refuses settings that could only fail later, or that would put a secret into an error.
func (cfg Config) check() error {
	switch {
	case cfg.Address == "":
		return errors.New("milvus: no address: give host:port")
	case strings.Contains(cfg.Address, "@"):
		return errors.New("milvus: the address holds credentials: give them as username and password")
	case cfg.APIKey != "" && (cfg.Username != "" || cfg.Password != ""):
		return errors.New("milvus: give an API key or a username and password, not both")
	case (cfg.Username == "") != (cfg.Password == ""):
		return errors.New("milvus: username and password go together: one of them is missing")
	case cfg.CallTimeout < 0:
		return fmt.Errorf("milvus: call timeout %s is negative", cfg.CallTimeout)
	}
	return nil
}

// checkVersion refuses servers older than 2.3, which know no cosine.
func checkVersion(version string) error {
	var major, minor int
	if n, _ := fmt.Sscanf(strings.TrimPrefix(version, "v"), "%d.%d", &major, &minor); n < 2 {
		return nil // development builds name themselves otherwise
	}
	if major < 2 || major == 2 && minor < 3 {
		return fmt.Errorf("server version %s is too old: 2.3 or newer is needed", version)
	}
	return nil
}

// dialOptions adds to the SDK's own options, which giving any would replace.
func dialOptions(timeout time.Duration, own credentials.TransportCredentials) []grpc.DialOption {
	options := slices.Clone(client.DefaultGrpcOpts)
	if own != nil {
		options = append(options, grpc.WithTransportCredentials(own)) // the last one given counts
	}
	return append(options,
		// A closed port is an error at once, with the cause rather than "deadline exceeded".
		//lint:ignore SA1019 the SDK dials with grpc.DialContext, for which this option is made
		grpc.WithReturnConnectionError(),
		//lint:ignore SA1019 as above
		grpc.FailOnNonTempDialError(true),
		// The SDK would retry an oversized message, which can never pass, for 22 s.
		grpc.WithDefaultCallOptions(grpc_retry.WithCodes(codes.Unavailable), grpc_retry.WithMax(2)),
		grpc.WithChainUnaryInterceptor(deadlineInterceptor(timeout), statusInterceptor),
	)
}
