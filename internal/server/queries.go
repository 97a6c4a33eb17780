package server

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/querylog"
)

const (
	// queryPage is how much of the query log one answer holds.
	queryPage = 1 << 20
	// nextHeader is the offset to ask for next.
	nextHeader = "X-Rollcall-Next"
)

// queries is GET /query-log?from=OFFSET: whole lines of the query log, and where to go on. Reading
// the log is an entry of its own.
func (s *Server) queries(c *gin.Context) error {
	if s.options.QueryLog == nil {
		return notFound("this service keeps no query log")
	}
	from, err := strconv.ParseInt(c.DefaultQuery("from", "0"), 10, 64)
	if err != nil {
		return badRequest("from must be an offset: 0, or what %s said", nextHeader)
	}
	var page bytes.Buffer
	next, err := s.options.QueryLog.Page(&page, from, queryPage)
	if errors.Is(err, querylog.ErrOffset) {
		return badRequest("the query log has no offset %d: begin at 0, it may have been moved away", from)
	}
	if err != nil {
		return err
	}
	lines := bytes.Count(page.Bytes(), []byte{'\n'})
	if err := s.record(c.Request.Context(), querylog.Entry{Action: "query log", Results: lines}); err != nil {
		return err
	}
	endTurn(c)
	c.Header(nextHeader, strconv.FormatInt(next, 10))
	c.Data(http.StatusOK, "application/jsonl; charset=utf-8", page.Bytes())
	return nil
}
