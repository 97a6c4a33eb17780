package vectors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ErasuresName is the file of an index that says what was erased when, one JSON object a line.
const ErasuresName = "erasures.jsonl"

// Erased is the audit record of one erasure. It holds row numbers and nothing of their content.
type Erased struct {
	ID    string    `json:"id"`   // random
	When  time.Time `json:"when"` // UTC, when it was ordered
	By    string    `json:"by"`   // how the rows were chosen: "ids", "urls" or "person"
	Tool  string    `json:"tool"`
	Count int       `json:"count"`
	Rows  []int64   `json:"rows"`
}

// recordErased adds a record to erasures.jsonl, once.
func recordErased(dir string, record Erased) (err error) {
	path := filepath.Join(dir, ErasuresName)
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot read the record of erasures: %w", err)
	}
	for line := range bytes.Lines(before) {
		var there Erased
		if err := json.Unmarshal(line, &there); err != nil {
			return fmt.Errorf("%s is damaged (%w): move it away and keep it", path, err)
		}
		if there.ID == record.ID {
			return nil
		}
	}
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return replace(path, func(w *bufio.Writer) error {
		_, err := w.Write(append(append(before, line...), '\n'))
		return err
	})
}
