package fetch

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "2606:4700:4700::1111": true, "172.32.0.1": true, "100.128.0.1": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.255.255.254": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false,
		"240.0.0.1": false, "192.0.0.8": false, "203.0.113.9": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false,
		"2002:7f00:1::": false, "2001:0:7f00:1::": false, "2001:db8::1": false,
	} {
		require.Equal(t, want, public(netip.MustParseAddr(text)), text)
	}
	require.False(t, public(netip.Addr{}))
	require.False(t, publicWeb(netip.MustParseAddrPort("8.8.8.8:22")))
	require.True(t, publicWeb(netip.MustParseAddrPort("8.8.8.8:443")))
}

// answers is a resolver that gives one answer after the other, the last one for ever.
type answers struct {
	given [][]netip.Addr
	asked atomic.Int64
}

func (a *answers) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	i := int(a.asked.Add(1)) - 1
	return a.given[min(i, len(a.given)-1)], nil
}

// secret is a web server on loopback that counts who reaches it.
func secret(t *testing.T) (port string, reached *atomic.Int64) {
	t.Helper()
	reached = &atomic.Int64{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		fmt.Fprint(w, "the credentials of this machine")
	}))
	t.Cleanup(web.Close)
	_, port, err := net.SplitHostPort(web.Listener.Addr().String())
	require.NoError(t, err)
	return port, reached
}

// TestPrivateAddressesAreNotReached asks the real guard, but for the port, for loopback in every
// spelling and for the addresses of cloud metadata.
func TestPrivateAddressesAreNotReached(t *testing.T) {
	port, reached := secret(t)
	loopback := &answers{given: [][]netip.Addr{{netip.MustParseAddr("127.0.0.1")}}}
	f := newFetcher(loopback, func(at netip.AddrPort) bool { return public(at.Addr()) }, time.Second)
	for _, address := range []string{
		"http://127.0.0.1:" + port, "http://localhost:" + port, "http://[::1]:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://0.0.0.0:" + port,
		"http://[::]:" + port, "http://2130706433:" + port, "http://0x7f.1:" + port, "http://127.1:" + port, "http://0177.0.0.1:" + port,
		"http://innocent.example:" + port, "http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25eth0]/", "http://100.100.100.200/",
		"http://[64:ff9b::7f00:1]:" + port,
	} {
		_, err := f.Get(t.Context(), address)
		require.EqualError(t, err, errNotPublic.Error(), address)
	}
	for _, address := range []string{
		"file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:" + port, "//example.com", "data:image/png;base64,AA", "http:///x", "http://user:pw@8.8.8.8/",
		"http://a b/", "", "http://8.8.8.8/" + strings.Repeat("x", maxURL), "javascript:alert(1)", "unix:///var/run/docker.sock",
	} {
		_, err := f.Get(t.Context(), address)
		var refused *Refused
		require.ErrorAs(t, err, &refused, address)
	}
	require.Zero(t, reached.Load())
}

// TestDNSThatChangesItsAnswer follows a redirect to the same name, which by then has a private address.
func TestDNSThatChangesItsAnswer(t *testing.T) {
	port, reached := secret(t)
	elsewhere := netip.MustParseAddr("127.0.0.2")
	rebinding := &answers{given: [][]netip.Addr{{elsewhere}, {netip.MustParseAddr("127.0.0.1")}}}
	// 127.0.0.2 stands for the public internet here; 127.0.0.1 is private.
	f := newFetcher(rebinding, func(at netip.AddrPort) bool { return at.Addr() == elsewhere }, time.Second)
	stranger, err := net.Listen("tcp", "127.0.0.2:0")
	require.NoError(t, err)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://rebinding.example:"+port+"/", http.StatusFound)
	}))
	require.NoError(t, web.Listener.Close())
	web.Listener = stranger
	web.Start()
	t.Cleanup(web.Close)
	_, strangerPort, err := net.SplitHostPort(stranger.Addr().String())
	require.NoError(t, err)

	_, err = f.Get(t.Context(), "http://rebinding.example:"+strangerPort+"/")
	require.EqualError(t, err, errNotPublic.Error())
	require.EqualValues(t, 2, rebinding.asked.Load(), "the second hop asked again and got the private address")
	require.Zero(t, reached.Load())
}

// open allows the test servers on loopback.
func open(limit time.Duration) *Fetcher {
	return newFetcher(net.DefaultResolver, func(at netip.AddrPort) bool { return at.Addr() == netip.MustParseAddr("127.0.0.1") }, limit)
}

func TestRedirects(t *testing.T) {
	port, reached := secret(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		if to == "itself" {
			to = r.URL.String()
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(web.Close)
	for name, to := range map[string]string{
		"to another loopback address": "http://127.0.0.3:" + port, "to IPv6 loopback": "http://[::1]:" + port, "to link-local": "http://169.254.169.254/",
		"to a file": "file:///etc/passwd", "for ever": "itself", "with a password": "http://a:b@127.0.0.1:" + port,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(time.Second).Get(t.Context(), web.URL+"/?to="+url.QueryEscape(to))
			var refused *Refused
			require.ErrorAs(t, err, &refused)
		})
	}
	require.Zero(t, reached.Load())
	data, err := open(time.Second).Get(t.Context(), web.URL+"/?to="+url.QueryEscape("http://127.0.0.1:"+port))
	require.NoError(t, err)
	require.NotEmpty(t, data)
	require.EqualValues(t, 1, reached.Load(), "an allowed redirect is followed")
}

// TestBodiesAreBounded serves a gigabyte with and without saying so, a gzip bomb's header, and a
// body that never ends.
func TestBodiesAreBounded(t *testing.T) {
	var sent atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		block := make([]byte, 1<<20)
		if r.URL.Path == "/honest" {
			w.Header().Set("Content-Length", fmt.Sprint(1<<30))
		}
		if r.URL.Path == "/slow" {
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
			return
		}
		for range 1 << 10 {
			n, err := w.Write(block)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(web.Close)
	for _, path := range []string{"/honest", "/lying"} {
		_, err := open(5*time.Second).Get(t.Context(), web.URL+path)
		require.ErrorContains(t, err, "more than 16777216 bytes")
	}
	require.Less(t, sent.Load(), int64(64<<20), "the gigabyte was not taken")

	start := time.Now()
	_, err := open(300*time.Millisecond).Get(t.Context(), web.URL+"/slow")
	require.ErrorContains(t, err, "in time")
	require.Less(t, time.Since(start), 3*time.Second)

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = open(time.Minute).Get(ctx, web.URL+"/slow")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// TestProxiesOfTheEnvironmentAreNotUsed: a proxy would connect where we cannot check.
func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	port, reached := secret(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+port)
	require.Nil(t, open(time.Second).client.Transport.(*http.Transport).Proxy)
	_, err := open(time.Second).Get(t.Context(), "http://203.0.113.1/")
	require.Error(t, err)
	require.Zero(t, reached.Load())
}

func TestStatusAndHeaders(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			http.NotFound(w, r)
		case "/headers":
			w.Header().Set("X", strings.Repeat("y", 1<<20))
		default:
			_, _ = io.WriteString(w, r.Header.Get("Referer")+r.Header.Get("Cookie")+r.Header.Get("Authorization"))
		}
	}))
	t.Cleanup(web.Close)
	_, err := open(time.Second).Get(t.Context(), web.URL+"/missing")
	require.ErrorContains(t, err, "status 404")
	_, err = open(time.Second).Get(t.Context(), web.URL+"/headers")
	require.ErrorContains(t, err, "could not be fetched")
	data, err := open(time.Second).Get(t.Context(), web.URL+"/")
	require.NoError(t, err)
	require.Empty(t, data)
}
