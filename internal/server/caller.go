package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/access"
	"rollcall/internal/server/querylog"
)

// caller is who sent a request.
type caller struct {
	request string     // its ID
	address string     // of the client
	key     access.Key // the zero key where none was sent, or none are in use
	role    access.Role
}

type callerKey struct{}

// callerOf gives the caller of a request by its context.
func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}

func setCaller(c *gin.Context, who caller) {
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), callerKey{}, who))
}

// authenticate finds out who asks. Whoever sends no key stays nobody, and may do what needs no
// role; a wrong key is refused at once, and an address that sends many has to wait.
func (s *Server) authenticate(c *gin.Context) {
	who := callerOf(c.Request.Context())
	if s.options.Keys == nil {
		who.role = access.Admin // whoever reaches a loopback address owns the machine's account
		setCaller(c, who)
		return
	}
	text := keyText(c.Request)
	if text == "" {
		return
	}
	now, from := time.Now(), network(who.address)
	if wait := s.guesses.spent(from, now); wait > 0 {
		s.fail(c, tooMany("too many wrong keys were sent from this address", wait))
		return
	}
	key, err := s.options.Keys.Check(c.Request.Context(), text)
	if errors.Is(err, access.ErrUnknown) {
		s.guesses.take(from, now)
		err = &Error{Status: http.StatusUnauthorized, Message: "the key is unknown: rollcall key list shows which there are"}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	who.key, who.role = key, key.Role
	setCaller(c, who)
}

// keyText is the key that a request carries: as a bearer token, or as the password of basic
// authentication, which browsers ask for and which clip-retrieval's client takes in its URL.
func keyText(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// allowed checks that the caller of a request may do what needs the role.
func allowed(ctx context.Context, needed access.Role) error {
	switch have := callerOf(ctx).role; {
	case have.Allows(needed):
		return nil
	case have == "":
		return &Error{Status: http.StatusUnauthorized, Message: "a key is needed: send it as a bearer token, or as the password of basic authentication"}
	default:
		return &Error{Status: http.StatusForbidden, Message: "this needs the role " + string(needed) + "; the key has the role " + string(have)}
	}
}

// limitAddress and limitKey keep one client from taking everybody's turn.
func (s *Server) limitAddress(c *gin.Context) {
	address := callerOf(c.Request.Context()).address
	if wait := s.addresses.take(network(address), time.Now()); wait > 0 {
		s.metrics.shed.WithLabelValues("address").Inc()
		s.fail(c, tooMany("too many requests from this address", wait))
	}
}

func (s *Server) limitKey(c *gin.Context) {
	id := callerOf(c.Request.Context()).key.ID
	if id == "" {
		return
	}
	if wait := s.keyRates.take(id, time.Now()); wait > 0 {
		s.metrics.shed.WithLabelValues("key").Inc()
		s.fail(c, tooMany("too many requests with this key", wait))
	}
}

func tooMany(what string, wait time.Duration) error {
	return &Error{Status: http.StatusTooManyRequests, Message: what + ": slow down", RetryAfter: wait}
}

// record writes what was asked to the query log. An answer must not be sent when it fails.
func (s *Server) record(ctx context.Context, e querylog.Entry) error {
	if s.options.QueryLog == nil {
		return nil
	}
	who := callerOf(ctx)
	e.Time, e.Request, e.Address, e.Key, e.Name = time.Now().UTC(), who.request, who.address, who.key.ID, who.key.Name
	if err := s.options.QueryLog.Append(e); err != nil {
		return &Error{Status: http.StatusServiceUnavailable, Message: "the query log cannot be written, and nothing is answered without it", Cause: err}
	}
	return nil
}
