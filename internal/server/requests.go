package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// requestIDHeader carries the ID that the service's log and its query log have in common.
const requestIDHeader = "X-Request-Id"

// observe gives every request an ID, holds the indexes for it, and measures and logs it by route,
// method and status. The log has no address, key, path or query: who asked for what stands in the
// query log alone. A path that is no route is not a label of its own, so that nobody can grow the
// metrics.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	release := s.served.hold()
	defer release()
	id := make([]byte, 8)
	rand.Read(id) // never fails
	who := caller{request: hex.EncodeToString(id), address: c.ClientIP()}
	setCaller(c, who)
	c.Header(requestIDHeader, who.request)
	c.Next()
	took := time.Since(start)
	s.metrics.request(c.FullPath(), c.Request.Method, c.Writer.Status(), took)
	s.options.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request",
		slog.String("request", who.request), slog.String("method", knownMethod(c.Request.Method)), slog.String("route", c.FullPath()),
		slog.Int("status", c.Writer.Status()), slog.Float64("ms", float64(took.Microseconds())/1000), slog.Int("bytes", max(0, c.Writer.Size())))
}

// recover turns a panic into a logged 500 without its text, which may quote the request.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p) // net/http's own way to cut a connection
		}
		s.options.Log.Error("handler panicked", "request", callerOf(c.Request.Context()).request, "route", c.FullPath(), "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		c.AbortWithStatusJSON(http.StatusInternalServerError, gin.H{"message": internalMessage})
	}()
	c.Next()
}

// withoutAddresses passes on what net/http complains about, such as failed handshakes, without its
// text, which names clients' addresses.
type withoutAddresses struct{ slog.Handler }

func (h withoutAddresses) Handle(ctx context.Context, r slog.Record) error {
	return h.Handler.Handle(ctx, slog.NewRecord(r.Time, r.Level, "a connection failed", r.PC))
}
