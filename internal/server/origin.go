package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// crossOrigin refuses requests that change or start something and come from pages of origins that
// are not listed. nil: all origins are.
func crossOrigin(origins []string) (*http.CrossOriginProtection, error) {
	if slices.Contains(origins, "*") {
		return nil, nil
	}
	protection := http.NewCrossOriginProtection()
	for _, origin := range origins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("origin %q: %w; give one such as https://example.org", origin, err)
		}
	}
	return protection, nil
}

// guard keeps other people's pages in a browser on this machine from using the service: by posting
// to it, and, where no key is asked for, by a host name that they made lead here.
func (s *Server) guard(c *gin.Context) {
	if s.crossing != nil {
		if err := s.crossing.Check(c.Request); err != nil {
			s.fail(c, &Error{Status: http.StatusForbidden, Message: "pages of this origin may not call the service; --cors-origin lists those that may"})
			return
		}
	}
	if s.options.Keys == nil && !s.ownHost(c.Request.Host) {
		s.fail(c, &Error{Status: http.StatusMisdirectedRequest, Message: "the service is not asked by this host name; --host lists those that it is"})
	}
}

// ownHost reports whether a Host header names this machine.
func (s *Server) ownHost(hostPort string) bool {
	host := hostPort
	if name, _, err := net.SplitHostPort(hostPort); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || slices.Contains(s.options.Hosts, host) {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
