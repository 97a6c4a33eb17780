package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// routes is every route of the service.
func (s *Server) routes() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.Use(s.observe, s.recover, securityHeaders, s.cors, s.bound)

	e.GET("/indices-list", s.handle(s.listIndices))
	e.POST("/knn-service", s.handle(s.knn))
	e.POST("/metadata", s.handle(s.metadata))
	e.GET("/config.json", s.handle(s.config))
	e.GET("/metrics", s.metrics.serve)
	e.GET("/metrics-summary", s.handle(s.metrics.summary))
	e.GET("/healthz", s.handle(s.alive))
	e.GET("/readyz", s.handle(s.ready))
	s.mountV1(e)

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
		s.options.Log.Error("request failed", "route", c.FullPath(), "status", status, "error", err)
	}
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		writeProblem(c, status, message(err, status))
		return
	}
	c.AbortWithStatusJSON(status, gin.H{"message": message(err, status)})
}

// bound limits the request's body and the number of requests at work. Health and metrics answer
// always, also when the service is full.
func (s *Server) bound(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, s.options.MaxBody)
	if c.Request.Method != http.MethodPost {
		return
	}
	select {
	case s.running <- struct{}{}:
		defer func() { <-s.running }()
		c.Next()
	case <-c.Request.Context().Done():
		c.Abort()
	}
}

// observe measures every request by route, method and status; a path that is no route is not a
// label of its own, so that nobody can grow the metrics.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	c.Next()
	s.metrics.request(c.FullPath(), c.Request.Method, c.Writer.Status(), time.Since(start))
}

// recover turns a panic into a logged 500 without its text, which may quote the request.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		if p := recover(); p != nil {
			s.options.Log.Error("handler panicked", "route", c.FullPath(), "panic", p)
			c.AbortWithStatusJSON(http.StatusInternalServerError, gin.H{"message": internalMessage})
		}
	}()
	c.Next()
}

func securityHeaders(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
}

// unknownPath answers a path that is no route.
func unknownPath(*gin.Context) error {
	return notFound("no such path; the routes are /indices-list, /knn-service, /metadata, /config.json, /metrics, /healthz, /readyz")
}

// wrongMethod answers a known path asked in another way. A GET is a page that does not exist, as
// in clip-retrieval, whose front end owns every GET path.
func wrongMethod(c *gin.Context) error {
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		return notFound("there is no page here; %s takes POST", c.Request.URL.Path)
	}
	return &Error{Status: http.StatusMethodNotAllowed, Message: "the method is not allowed for " + c.Request.URL.Path}
}
