package server

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
)

// backup is GET /state-backup: the roster, jobs and results as they are at one moment, as a database
// that a service can be started with. The copy is made beside the original, in a folder that only its
// owner can enter, and has no name any more when its first byte is sent.
func (s *Server) backup(c *gin.Context) error {
	if err := s.record(c.Request.Context(), querylog.Entry{Action: "backup"}); err != nil {
		return err
	}
	folder, err := s.state.Folder()
	if errors.Is(err, state.ErrInMemory) {
		return notFound("this service keeps roster and results in memory: there is no file to copy")
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(folder, ".backup-") // 0700
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "state.db")
	err = s.state.Backup(c.Request.Context(), path)
	file, openErr := os.Open(path)
	if err = errors.Join(err, openErr, os.RemoveAll(dir)); err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	endTurn(c)
	c.Header("Content-Disposition", `attachment; filename="state.db"`)
	c.DataFromReader(http.StatusOK, info.Size(), "application/vnd.sqlite3", file, nil)
	return nil
}
