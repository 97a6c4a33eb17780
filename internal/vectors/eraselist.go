package vectors

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// The removal list of an index, twice: what its data set's owner has to remove.
const (
	RemovedCSV     = "removed.csv"
	RemovedParquet = "removed.parquet"
)

// Removal is one erased row as the removal list names it. Nothing else of the row is kept.
type Removal struct {
	Row int64  `json:"row" parquet:"row"`
	Key string `json:"key,omitempty" parquet:"key"`
	URL string `json:"url,omitempty" parquet:"url"`
}

// listRemovals adds rows to both forms of the removal list. A row that is there already stays.
func listRemovals(dir string, removed []Removal) error {
	if len(removed) == 0 {
		return nil
	}
	path := filepath.Join(dir, RemovedCSV)
	before, err := readRemovals(path)
	if err != nil {
		return err
	}
	byRow := map[int64]Removal{}
	for _, r := range slices.Concat(removed, before) {
		byRow[r.Row] = r
	}
	all := slices.SortedFunc(maps.Values(byRow), func(a, b Removal) int { return cmp.Compare(a.Row, b.Row) })
	err = replace(path, func(w *bufio.Writer) error {
		out := csv.NewWriter(w)
		lines := [][]string{{"row", "key", "url"}}
		for _, r := range all {
			lines = append(lines, []string{strconv.FormatInt(r.Row, 10), r.Key, r.URL})
		}
		return out.WriteAll(lines)
	})
	if err != nil {
		return err
	}
	return replace(filepath.Join(dir, RemovedParquet), func(w *bufio.Writer) error {
		return parquet.Write(io.Writer(w), all)
	})
}

// readRemovals reads a removal list; one that does not exist is empty.
func readRemovals(path string) ([]Removal, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the removal list: %w", err)
	}
	defer f.Close() // read only: nothing can be lost
	return parseRemovals(path, f)
}

// parseRemovals reads what listRemovals has written.
func parseRemovals(path string, r io.Reader) ([]Removal, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = 3
	lines, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("the removal list %s is damaged (%w): move it away and keep it", path, err)
	}
	var out []Removal
	for _, line := range lines[min(1, len(lines)):] {
		row, err := strconv.ParseInt(line[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the removal list %s is damaged: row %q is no number: move it away and keep it", path, line[0])
		}
		out = append(out, Removal{row, line[1], line[2]})
	}
	return out, nil
}

// replace writes a file that takes the place of the one at path when it is whole.
func replace(path string, write func(w *bufio.Writer) error) error {
	out, err := createPending(path)
	if err != nil {
		return err
	}
	return out.whole(write(out.Writer))
}
