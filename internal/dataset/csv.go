package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"rollcall/retriever"
)

// readCSV visits the rows of a CSV file (RFC 4180) whose header names its columns.
func readCSV(path string, visit rowVisitor) (err error) {
	f, err := openText(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return scanCSV(f, path, visit)
}

func scanCSV(text io.Reader, path string, visit rowVisitor) error {
	limit := &recordLimit{r: text}
	r := csv.NewReader(limit)
	r.ReuseRecord = true
	header, err := r.Read()
	if err == io.EOF {
		return fmt.Errorf("%s: empty: %w", path, errNoCaption)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	at := findColumns(header)
	if at.caption < 0 {
		return fmt.Errorf("%s:1: the header is %q: %w", path, strings.Join(header, ","), errNoCaption)
	}
	for {
		limit.read = 0
		fields, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w; mend or remove the record", path, err)
		}
		row := retriever.CaptionRow{
			Caption: pick(fields, at.caption),
			URL:     pick(fields, at.url),
			Key:     pick(fields, at.key),
		}
		if err := visit(row); err != nil {
			return err
		}
	}
}

// recordLimit ends the reading of a record that grows past maxCaption, such as one whose closing
// quote is missing. The CSV reader reads ahead, so the bound is exact to a buffer of it.
type recordLimit struct {
	r    io.Reader
	read int
}

// Read reads from the file until the record is too long.
func (l *recordLimit) Read(p []byte) (int, error) {
	if l.read > maxCaption {
		return 0, fmt.Errorf("record longer than %d MiB; is a closing quote missing?", maxCaption>>20)
	}
	n, err := l.r.Read(p)
	l.read += n
	return n, err
}
