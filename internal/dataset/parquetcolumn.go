package dataset

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
)

// parquetBatch is how many rows are read from each column at a time: few, because each caption may
// be as long as maxCaption.
const parquetBatch = 64

// parquetCell is one value; it is good until its column is filled again.
type parquetCell struct{ value parquet.Value }

// text is the value as text, "" for null.
func (c parquetCell) text() string {
	if c.value.IsNull() {
		return ""
	}
	if kind := c.value.Kind(); kind == parquet.ByteArray || kind == parquet.FixedLenByteArray {
		return clean(string(c.value.ByteArray()))
	}
	return c.value.String()
}

// any is the value as a row's field: nil, bool, int64, float64 or string.
func (c parquetCell) any() any {
	switch v := c.value; v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return int64(v.Int32())
	case parquet.Int64:
		return v.Int64()
	case parquet.Float:
		return float64(v.Float())
	case parquet.Double:
		return v.Double()
	}
	if c.value.IsNull() {
		return nil
	}
	return c.text()
}

// parquetColumn reads one column chunk in batches, whatever the bounds of its pages. The zero
// value is a column that the file lacks: all null.
type parquetColumn struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    [parquetBatch]parquet.Value
	cells  []parquetCell
	done   []parquet.Page // read to the end, but cells still point into them
}

// fill makes cells the next n values, at most parquetBatch.
func (c *parquetColumn) fill(n int) error {
	c.cells = c.cells[:0]
	c.release()
	for len(c.cells) < n {
		if c.pages == nil {
			c.cells = append(c.cells, parquetCell{})
			continue
		}
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				return noEOF(err)
			}
			c.page, c.values = page, page.Values()
		}
		got, err := c.values.ReadValues(c.buf[:n-len(c.cells)])
		for _, v := range c.buf[:got] {
			c.cells = append(c.cells, parquetCell{v})
		}
		if errors.Is(err, io.EOF) {
			c.done = append(c.done, c.page)
			c.page, c.values = nil, nil
		} else if err != nil {
			return err
		} else if got == 0 {
			return io.ErrNoProgress
		}
	}
	return nil
}

func (c *parquetColumn) release() {
	for _, page := range c.done {
		parquet.Release(page)
	}
	c.done = c.done[:0]
}

func (c *parquetColumn) close() error {
	if c.pages == nil {
		return nil
	}
	c.release()
	if c.page != nil {
		parquet.Release(c.page)
	}
	return c.pages.Close()
}

// noEOF keeps a column that ends before its row group does from looking like the end of the file.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
