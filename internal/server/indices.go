package server

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// listIndices is GET /indices-list: the names, in the order of configuration.
func (s *Server) listIndices(c *gin.Context) error {
	indices := s.indices()
	names := make([]string, len(indices))
	for i, index := range indices {
		names[i] = index.Name
	}
	c.PureJSON(http.StatusOK, names)
	return nil
}

// config is GET /config.json, which tells clip-retrieval's front end where its back end is.
func (s *Server) config(c *gin.Context) error {
	backend := s.options.Backend
	if backend == "" {
		backend = "/"
	}
	c.PureJSON(http.StatusOK, gin.H{"defaultBackend": backend, "defaultIndex": "", "urlColumn": "url"})
	return nil
}
