package face

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
)

// faceCursor reads one column of a row group, row by row.
type faceCursor struct {
	values *parquetfile.Column
	page   *parquetfile.Page // at hand; nil before the first
	at     int               // its value that comes next
}

// fill sees to it that a value comes next in the page; io.EOF after the last.
func (c *faceCursor) fill() (err error) {
	for err == nil && (c.page == nil || c.at == c.page.Len()) {
		c.at = 0
		c.page, err = c.values.Next()
	}
	return err
}

// integer gives the next row's value.
func (c *faceCursor) integer() (int64, error) {
	if err := c.fill(); err != nil {
		return 0, early(err)
	}
	var v [1]parquet.Value
	c.at += c.page.Read(v[:])
	return v[0].Int64(), nil
}

// number gives the next row's value.
func (c *faceCursor) number() (float32, error) {
	var v [1]float32
	if err := c.fill(); err != nil {
		return 0, early(err)
	}
	c.page.Floats(v[:], c.at)
	c.at++
	return v[0], nil
}

// list gives the next row's numbers, of which there must be so many, in the memory of list where
// they fit. They may begin in one page and end in another.
func (c *faceCursor) list(list []float32, want int) ([]float32, error) {
	list = list[:0]
	for begun := false; ; begun = true {
		err := c.fill()
		if begun && errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return list, early(err)
		}
		n := c.run(begun)
		if n == 0 {
			break
		}
		if n > want-len(list) {
			return list, fmt.Errorf("there are more than %d numbers", want)
		}
		for i := range n {
			if c.page.Null(c.at + i) { // also what an empty list has
				return list, errors.New("a number is missing")
			}
		}
		first := len(list)
		list = slices.Grow(list, n)[:first+n]
		c.page.Floats(list[first:], c.at) // no value before is null
		c.at += n
	}
	if len(list) != want {
		return list, fmt.Errorf("there are %d numbers, not %d", len(list), want)
	}
	return list, nil
}

// run is how many of the values that come next in the page are the row's, of which some came before
// or none.
func (c *faceCursor) run(begun bool) int {
	levels, first := c.page.Repetition()[c.at:], 1
	if begun {
		first = 0
	}
	if n := bytes.IndexByte(levels[first:], 0); n >= 0 {
		return first + n
	}
	return len(levels)
}

// early is the end of a column before its rows do.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
