package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/indexer"
)

// erasureName is the file that says which erasure is under way. While it exists, readers hide its
// rows, and whoever erases next finishes it first.
const erasureName = "erasing.json"

// erasure is the content of erasing.json: all that is needed to finish.
type erasure struct {
	Rows    []int64   `json:"rows"`
	Record  *Erased   `json:"record,omitempty"`
	Removed []Removal `json:"removed,omitempty"` // what the removal list says of the rows
}

// Unfinished is the number of rows of an erasure that was interrupted, 0 when there is none.
func Unfinished(dir string) (int, error) {
	e, err := readErasure(dir)
	return len(e.Rows), err
}

// readErasure reads the record of an unfinished erasure; without one it is empty.
func readErasure(dir string) (erasure, error) {
	path := filepath.Join(dir, erasureName)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return erasure{}, nil
	}
	var e erasure
	if err == nil {
		err = json.Unmarshal(content, &e)
	}
	if err != nil {
		return erasure{}, fmt.Errorf("cannot read which rows of %s are being erased: %w: erase them again after removing %s", dir, err, path)
	}
	return e, nil
}

// erasedRows gives the rows that index.json or an unfinished erasure lists.
func erasedRows(dir string, m *indexer.Manifest) (map[int64]struct{}, error) {
	e, err := readErasure(dir)
	if err != nil {
		return nil, err
	}
	if m != nil {
		e.Rows = append(e.Rows, m.Erased...)
	}
	out := make(map[int64]struct{}, len(e.Rows))
	for _, id := range e.Rows {
		out[id] = struct{}{}
	}
	return out, nil
}
