package server

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// cors lets pages of the listed origins call the service; "*" lists all. With no list, a browser
// refuses to show any other page our answers.
func (s *Server) cors(c *gin.Context) {
	origin := c.GetHeader("Origin")
	allowed := origin != "" && (slices.Contains(s.options.CORSOrigins, origin) || slices.Contains(s.options.CORSOrigins, "*"))
	if allowed {
		c.Header("Access-Control-Allow-Origin", origin)
		c.Header("Vary", "Origin")
	}
	if c.Request.Method != http.MethodOptions {
		return
	}
	c.Header("Allow", "GET, HEAD, POST, OPTIONS")
	if allowed {
		c.Header("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
		c.Header("Access-Control-Allow-Headers", "authorization, content-type")
	}
	c.AbortWithStatus(http.StatusOK)
}
