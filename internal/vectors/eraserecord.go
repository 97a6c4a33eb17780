package vectors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// readErased reads erasures.jsonl, as it is and its records; one that does not exist is empty.
func readErased(dir string) (content []byte, records []Erased, err error) {
	path := filepath.Join(dir, ErasuresName)
	content, err = readBounded(path, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the record of erasures: %w: move %s away and keep it", err, path)
	}
	for line := range bytes.Lines(content) {
		var r Erased
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, nil, fmt.Errorf("the record of erasures, %s, is damaged (%w): move it away and keep it", path, err)
		}
		records = append(records, r)
	}
	return content, records, nil
}

// recordErased adds a record to erasures.jsonl, once.
func recordErased(dir string, record Erased) error {
	before, records, err := readErased(dir)
	if err != nil {
		return err
	}
	for _, there := range records {
		if there.ID == record.ID {
			return nil
		}
	}
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("cannot write the record of erasures: %w", err)
	}
	return replace(filepath.Join(dir, ErasuresName), func(w *bufio.Writer) error {
		_, err := w.Write(append(append(before, line...), '\n'))
		return err
	})
}
