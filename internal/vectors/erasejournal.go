package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/indexer"
)

// erasureName is the file that says which erasure is under way. While it exists, readers hide its
// rows, and whoever erases next finishes it first.
const erasureName = "erasing.json"

// maxJournal bounds erasing.json: a row with its key and URL takes some 150 bytes, so that about
// 800,000 rows are erased at once.
const maxJournal = 128 << 20

// erasure is the content of erasing.json: all that is needed to finish.
type erasure struct {
	Rows    []int64   `json:"rows"` // ascending, each once
	Record  *Erased   `json:"record,omitempty"`
	Removed []Removal `json:"removed,omitempty"` // what the removal list says of the rows
}

// Unfinished is the number of rows of an erasure that was interrupted, 0 when there is none.
func Unfinished(dir string) (int, error) {
	e, err := readErasure(dir)
	return len(e.Rows), err
}

// readErasure reads the record of an unfinished erasure; without one it is empty.
func readErasure(dir string) (e erasure, err error) {
	path := filepath.Join(dir, erasureName)
	content, err := readBounded(path, maxJournal)
	if errors.Is(err, fs.ErrNotExist) {
		return erasure{}, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &e)
	}
	if err == nil {
		err = e.check()
	}
	if err != nil {
		return erasure{}, fmt.Errorf("cannot read which rows of %s are being erased: %w: erase them again after removing %s", dir, err, path)
	}
	return e, nil
}

// check refuses what no erasure writes: another list of rows would be hidden, or reported to the data
// set's owner, than is erased.
func (e *erasure) check() error {
	if len(e.Removed) > 0 && len(e.Removed) != len(e.Rows) {
		return fmt.Errorf("it has %d rows, and the removal list of %d", len(e.Rows), len(e.Removed))
	}
	last := int64(-1)
	for i, id := range e.Rows {
		if id <= last {
			return fmt.Errorf("row %d comes after row %d", id, last)
		}
		last = id
		if len(e.Removed) > 0 && e.Removed[i].Row != id {
			return fmt.Errorf("the removal list has row %d where row %d is erased", e.Removed[i].Row, id)
		}
	}
	if e.Record != nil {
		e.Record.Count, e.Record.Rows = len(e.Rows), e.Rows
	}
	return nil
}

// readBounded reads a file that must not have more than so many bytes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing can be lost
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("it has more than the %d MiB that are read", most>>20)
	}
	return content, err
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
