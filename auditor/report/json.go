package report

import (
	"encoding/json"
	"io"
)

// JSON writes the whole audit as one document.
func JSON(w io.Writer, r *Report) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(struct {
		Disclaimer string `json:"disclaimer"`
		*Report
	}{Disclaimer, r})
}
