package dataset

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"rollcall/internal/dataset/storage"
)

// readCSV visits the rows of a CSV file (RFC 4180) whose header names its columns.
func readCSV(ctx context.Context, files *storage.Files, path string, whole bool, visit rowVisitor) (err error) {
	f, err := openText(ctx, files, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return scanCSV(f, path, whole, f.placing(visit))
}

func scanCSV(text io.Reader, path string, whole bool, visit rowVisitor) error {
	limit := &recordLimit{r: text}
	r := csv.NewReader(limit)
	header, err := r.Read()
	if err == io.EOF {
		return fmt.Errorf("%s: empty: %w", path, errNoCaption)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	at, lacks := findColumns(header), ""
	if at.caption < 0 {
		err := fmt.Errorf("%s:1: the header is %q: %w", path, strings.Join(header, ","), errNoCaption)
		if !whole {
			return err
		}
		lacks = err.Error()
	}
	r.ReuseRecord = true
	for {
		limit.read = 0
		fields, err := r.Read()
		var bad *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			err = visit(row{at: int64(bad.StartLine), err: fmt.Errorf("%s: %w; mend or remove the record", path, err)})
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		default:
			found := at.take(fields)
			found.lacks = lacks
			line, _ := r.FieldPos(0)
			found.at = int64(line)
			if whole {
				found.fields = at.rest(header, fields)
			}
			err = visit(found)
		}
		if err != nil {
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
