package parquetfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// maxRowValues bounds the values of one row in one column: a few bytes can say that there are more
// than memory holds.
const maxRowValues = 1 << 20

// Rows reads all columns of a row group, row by row.
type Rows struct {
	group   *Group
	columns []rowColumn
	left    int64
}

// rowColumn is a column and its values that were read and not used.
type rowColumn struct {
	*Column
	buffer [64]parquet.Value
	ready  []parquet.Value
}

// Rows opens all columns of a row group.
func (f *File) Rows(group int) (*Rows, error) {
	r := &Rows{group: f.Group(group), columns: make([]rowColumn, len(f.leaves)), left: f.GroupRows(group)}
	for i := range r.columns {
		var err error
		if r.columns[i].Column, err = r.group.Column(i); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Close lets go of the columns.
func (r *Rows) Close() { r.group.Close() }

// Read adds the values of the next row to row, by column; io.EOF after the last.
func (r *Rows) Read(row parquet.Row) (parquet.Row, error) {
	if r.left == 0 {
		return row, io.EOF
	}
	r.left--
	for i := range r.columns {
		var err error
		if row, err = r.columns[i].read(row); err != nil {
			return row, err
		}
	}
	return row, nil
}

// read adds the column's values of the next row.
func (c *rowColumn) read(row parquet.Row) (parquet.Row, error) {
	for n := 0; ; n++ {
		err := c.fill()
		switch {
		case errors.Is(err, io.EOF) && n == 0:
			return row, fmt.Errorf("column %s: %w", c.leaf.name, io.ErrUnexpectedEOF)
		case errors.Is(err, io.EOF):
			return row, nil
		case err != nil:
			return row, err
		case n > 0 && c.ready[0].RepetitionLevel() == 0:
			return row, nil
		case n == maxRowValues:
			return row, fmt.Errorf("column %s: a row has more than %d values", c.leaf.name, maxRowValues)
		}
		row = append(row, c.ready[0].Clone())
		c.ready = c.ready[1:]
		if c.leaf.maxRepetition == 0 {
			return row, nil
		}
	}
}

func (c *rowColumn) fill() error {
	if len(c.ready) > 0 {
		return nil
	}
	n, err := c.Column.read(c.buffer[:], true)
	c.ready = c.buffer[:n]
	return err
}
