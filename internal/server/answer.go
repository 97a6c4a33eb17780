package server

import (
	"bytes"
	"encoding/json"

	"github.com/gin-gonic/gin"
)

// answer sends a JSON value. The value is whole in memory before the first byte is sent, so that
// the request's turn can end before a slow reader begins to read.
func answer(c *gin.Context, status int, value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // as clip-retrieval
	if err := encoder.Encode(value); err != nil {
		return err
	}
	endTurn(c)
	c.Data(status, "application/json; charset=utf-8", text.Bytes())
	return nil
}
