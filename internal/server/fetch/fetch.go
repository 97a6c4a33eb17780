// Package fetch gets images from the web for a service that others can ask to: from public
// addresses only, whatever a name, a redirect or a second answer of DNS says.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Refused is why a URL is not, or could not be, fetched. Its text can be shown to the client: it
// tells nothing of what listens on a private address.
type Refused struct{ reason string }

func (r *Refused) Error() string { return r.reason }

func refusedf(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// Resolver finds the addresses of a name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

const (
	maxBytes     = 16 << 20
	maxURL       = 2048
	maxRedirects = 3
	maxAtOnce    = 8
	timeout      = 10 * time.Second
	dialTimeout  = 3 * time.Second
	maxHeader    = 64 << 10
)

// Fetcher gets images. Its methods may be called at once.
type Fetcher struct {
	client   *http.Client
	resolver Resolver
	allowed  func(netip.AddrPort) bool
	most     int64
	running  chan struct{}
}

// New makes a fetcher that asks the system's resolver.
func New() *Fetcher { return newFetcher(net.DefaultResolver, publicWeb, timeout) }

// publicWeb allows the ports of the web on public addresses, so that nothing else is scanned.
func publicWeb(at netip.AddrPort) bool {
	return public(at.Addr()) && (at.Port() == 80 || at.Port() == 443)
}

func newFetcher(resolver Resolver, allowed func(netip.AddrPort) bool, limit time.Duration) *Fetcher {
	f := &Fetcher{resolver: resolver, allowed: allowed, most: maxBytes, running: make(chan struct{}, maxAtOnce)}
	f.client = &http.Client{
		Timeout:       limit,
		CheckRedirect: follow,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve names where we cannot check them
			DialContext:            f.dial,
			DisableKeepAlives:      true,
			DisableCompression:     true, // a few bytes must not become gigabytes
			MaxResponseHeaderBytes: maxHeader,
			TLSHandshakeTimeout:    dialTimeout,
		},
	}
	return f
}

// Get fetches a URL. The error is a *Refused, ctx's, or that too many fetches are running.
func (f *Fetcher) Get(ctx context.Context, address string) ([]byte, error) {
	if len(address) > maxURL {
		return nil, refusedf("the address is longer than %d bytes", maxURL)
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, refusedf("the address is not a URL")
	}
	if err := checkURL(parsed); err != nil {
		return nil, err
	}
	select {
	case f.running <- struct{}{}:
		defer func() { <-f.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, parsed.String(), nil)
	if err != nil {
		return nil, refusedf("the address is not a URL")
	}
	request.Header.Set("User-Agent", "rollcall")
	request.Header.Set("Accept", "image/*")
	response, err := f.client.Do(request)
	if err != nil {
		return nil, reason(ctx, err)
	}
	defer response.Body.Close()
	return f.body(ctx, response)
}

// body reads an image of bounded size.
func (f *Fetcher) body(ctx context.Context, response *http.Response) ([]byte, error) {
	if response.StatusCode != http.StatusOK {
		return nil, refusedf("the address answered with status %d", response.StatusCode)
	}
	if response.ContentLength > f.most {
		return nil, refusedf("the image has more than %d bytes", f.most)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, f.most+1))
	switch {
	case err != nil:
		return nil, reason(ctx, err)
	case int64(len(data)) > f.most:
		return nil, refusedf("the image has more than %d bytes", f.most)
	}
	return data, nil
}

// follow checks every hop of a redirect as the first.
func follow(next *http.Request, before []*http.Request) error {
	if len(before) > maxRedirects {
		return refusedf("the address redirects more than %d times", maxRedirects)
	}
	next.Header.Del("Referer")
	return checkURL(next.URL)
}

func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refusedf("only http and https addresses are fetched")
	case u.Hostname() == "":
		return refusedf("the address has no host")
	case u.User != nil:
		return refusedf("addresses with a user or password are not fetched")
	default:
		return nil
	}
}

// errNotPublic says the same of every address that may not be reached, whether or not something
// listens there.
var errNotPublic = &Refused{"the address does not lead to a web server on the public internet"}

// dial resolves a name and connects to the first of its addresses that answers. The check is of
// the address that the socket is about to connect to, after all names are resolved: nothing can
// change it afterwards.
func (f *Fetcher) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, errNotPublic
	}
	addresses, err := f.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: dialTimeout, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !f.allowed(at) {
			return errNotPublic
		}
		return nil
	}}
	var errs []error
	for _, address := range addresses {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(address.String(), port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// lookup gives the few first addresses of a host, which may be an address itself.
func (f *Fetcher) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	addresses, err := f.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addresses) == 0 {
		return nil, &Refused{"the address's host was not found"}
	}
	return addresses[:min(len(addresses), 4)], nil
}

// reason makes of any failure one that the client may see.
func reason(ctx context.Context, err error) error {
	var refused *Refused
	var slow interface{ Timeout() bool }
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &slow) && slow.Timeout():
		return refusedf("the address did not answer in time")
	default:
		return refusedf("the address could not be fetched")
	}
}
