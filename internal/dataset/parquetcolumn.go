package dataset

import (
	"errors"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
)

// parquetBatch is how many rows are read from each column at a time: few, because each caption may
// be as long as maxCaption.
const parquetBatch = 64

// parquetCell is one value; it is good until its column is filled again.
type parquetCell struct{ value parquet.Value }

// size is the length of a text, 0 for what is none.
func (c parquetCell) size() int {
	if kind := c.value.Kind(); kind != parquet.ByteArray && kind != parquet.FixedLenByteArray {
		return 0
	}
	return len(c.value.ByteArray())
}

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

// spell adds a value that is no text as text. Only what is stored as null is null.
func spell(to []byte, v parquet.Value) (text []byte, null bool) {
	switch v.Kind() {
	case parquet.Int64:
		return strconv.AppendInt(to, v.Int64(), 10), false
	case parquet.Int32:
		return strconv.AppendInt(to, int64(v.Int32()), 10), false
	}
	return append(to, parquetCell{v}.text()...), false
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

// parquetColumn reads one column of a row group in batches, whatever the bounds of its pages. The
// zero value is a column that the file lacks: all null.
type parquetColumn struct {
	values *parquetfile.Column
	buf    [parquetBatch]parquet.Value
	cells  []parquetCell
}

// fill makes cells the next n values, at most parquetBatch.
func (c *parquetColumn) fill(n int) error {
	c.cells = c.cells[:0]
	for len(c.cells) < n {
		if c.values == nil {
			c.cells = append(c.cells, parquetCell{})
			continue
		}
		for i := range c.cells { // the next page takes the memory of this one
			c.cells[i].value = c.cells[i].value.Clone()
		}
		got, err := c.values.Read(c.buf[:n-len(c.cells)])
		if err != nil {
			return noEOF(err)
		}
		for _, v := range c.buf[:got] {
			c.cells = append(c.cells, parquetCell{v})
		}
	}
	return nil
}

// noEOF keeps a column that ends before its row group does from looking like the end of the file.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
