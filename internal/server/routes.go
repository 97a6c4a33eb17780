package server

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/access"
)

// routes is every route of the service.
func (s *Server) routes() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.Use(s.observe, s.recover, securityHeaders, s.cors, s.unlessOpen(s.guard, s.limitAddress, s.authenticate, s.authorize, s.limitKey, s.admit), s.searchByForm)

	e.GET("/indices-list", s.handle(s.listIndices))
	e.POST("/knn-service", s.handle(s.knn))
	e.POST("/metadata", s.handle(s.metadata))
	e.GET("/config.json", s.handle(s.config))
	e.GET("/metrics", s.metrics.serve)
	e.GET("/metrics-summary", s.handle(s.metrics.summary))
	e.GET("/healthz", s.handle(s.alive))
	e.GET("/readyz", s.handle(s.ready))
	e.GET("/query-log", s.handle(s.queries))
	e.GET("/state-backup", s.handle(s.backup))
	s.mountPages(e, s.mountV1(e))

	e.NoRoute(s.handle(unknownPath))
	e.NoMethod(s.handle(wrongMethod))
	return e
}

// handler is a route: it writes its answer, or returns the error that says why there is none.
type handler func(c *gin.Context) error

// handle is the one place where an error becomes a status.
func (s *Server) handle(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			s.fail(c, err)
		}
	}
}

func (s *Server) fail(c *gin.Context, err error) {
	status := statusOf(err)
	if status >= http.StatusInternalServerError {
		s.logFailure(c.Request.Context(), c.FullPath(), status, err)
	}
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Basic realm="rollcall", charset="UTF-8"`)
	}
	if wait := retryAfter(err); wait > 0 {
		c.Header("Retry-After", seconds(wait))
	}
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		writeProblem(c, status, message(err, status))
		return
	}
	c.AbortWithStatusJSON(status, gin.H{"message": message(err, status)})
}

// seconds are whole ones, at least as long.
func seconds(wait time.Duration) string { return strconv.Itoa(int(math.Ceil(wait.Seconds()))) }

// open routes are answered to everybody and always, also when the service is full.
func open(route string) bool { return route == "/healthz" || route == "/readyz" }

// unlessOpen runs the checks, one after the other until one of them answers, on every route that
// is not open.
func (s *Server) unlessOpen(checks ...gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if open(c.FullPath()) {
			return
		}
		for _, check := range checks {
			if check(c); c.IsAborted() {
				return
			}
		}
	}
}

// roleOf is the role that a route needs. A route that nobody thought of needs the stronger one.
func roleOf(method, route string) access.Role {
	switch {
	case route == "/query-log" || route == "/state-backup":
		return access.Admin
	case method == http.MethodGet || method == http.MethodHead:
		return access.Read
	case route == "/knn-service" || route == "/metadata" || route == searchRoute || route == "/" || route == "":
		return access.Read
	default:
		return access.Audit
	}
}

func (s *Server) authorize(c *gin.Context) {
	if err := allowed(c.Request.Context(), roleOf(c.Request.Method, c.FullPath())); err != nil {
		s.fail(c, err)
	}
}

func securityHeaders(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
}

// unknownPath answers a path that is no route.
func unknownPath(*gin.Context) error {
	return notFound("no such path; the routes are /indices-list, /knn-service, /metadata, /config.json, /metrics, /healthz, /readyz, /v1 as /openapi.json says, and pages for people at /")
}

// wrongMethod answers a known path asked in another way. A GET is a page that does not exist, as
// in clip-retrieval, whose front end owns every GET path.
func wrongMethod(c *gin.Context) error {
	page := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if page && !strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		return notFound("there is no page here; %s takes POST", c.Request.URL.Path)
	}
	return &Error{Status: http.StatusMethodNotAllowed, Message: "the method is not allowed for " + c.Request.URL.Path}
}
