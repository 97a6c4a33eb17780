package server

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/access"
)

// readyTimeout bounds how long a store may take to say that it is there.
const readyTimeout = 2 * time.Second

// alive is GET /healthz: the process answers.
func (s *Server) alive(c *gin.Context) error {
	c.PureJSON(http.StatusOK, gin.H{"status": "ok"})
	return nil
}

// ready is GET /readyz: every index answers, or a list of what is missing.
// An index without a model is ready, and said to answer vector queries only. Where keys are in
// use, names are for those who have one.
func (s *Server) ready(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
	defer cancel()
	missing, vectorOnly := []string{}, []string{}
	for _, index := range s.indices() {
		if _, err := index.Store.Len(ctx); err != nil {
			s.options.Log.Warn("index does not answer", "index", index.Name, "error", err)
			missing = append(missing, "index "+index.Name)
		}
		if index.Encoder == nil {
			vectorOnly = append(vectorOnly, index.Name)
		}
	}
	select {
	case <-s.stopping:
		missing = append(missing, "the service itself, which is stopping")
	default:
	}
	status, code := "ready", http.StatusOK
	if len(missing) > 0 {
		status, code = "not ready", http.StatusServiceUnavailable
	}
	answer := gin.H{"status": status}
	if s.authenticate(c); c.IsAborted() {
		return nil
	}
	if allowed(c.Request.Context(), access.Read) == nil {
		answer["missing"], answer["vector_queries_only"] = missing, vectorOnly
	}
	c.PureJSON(code, answer)
	return nil
}
