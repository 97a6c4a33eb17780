package parquetfile

import (
	"io"

	"github.com/parquet-go/parquet-go"
)

// Read fills dst with the next values of the column, nulls among them, as far as one page goes. It
// gives io.EOF at the end of the column. Values refer to the page's memory, and are good until the
// next call.
func (c *Column) Read(dst []parquet.Value) (int, error) {
	return c.read(dst, c.leaf.maxRepetition > 0)
}

func (c *Column) read(dst []parquet.Value, leveled bool) (int, error) {
	for c.page.at == c.page.entries {
		if _, err := c.Next(); err != nil {
			return 0, err
		}
	}
	return c.page.read(dst, leveled), nil
}

// Skip passes over so many values; pages that have no others are not read. The column must not be
// one that repeats, in which values are not rows.
func (c *Column) Skip(n int64) error {
	here := min(n, int64(c.page.entries-c.page.at))
	c.page.pass(here)
	if n -= here; n == 0 {
		return nil
	}
	_, err := c.next(n)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Kind is the physical type of the values.
func (c *Column) Kind() parquet.Kind { return c.leaf.kind }
