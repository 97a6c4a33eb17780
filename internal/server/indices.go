package server

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// listIndices is GET /indices-list: the names, in the order of configuration.
func (s *Server) listIndices(c *gin.Context) error {
	names := make([]string, len(s.options.Indices))
	for i, index := range s.options.Indices {
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
