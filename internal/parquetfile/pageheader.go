package parquetfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

// maxPageHeader bounds one header, which may have the least and the greatest text of the page.
const maxPageHeader = 33 << 20

// pageHeader is what is used of a page's header.
type pageHeader struct {
	kind                     format.PageType
	length                   int64 // of the header itself, in bytes
	compressed, uncompressed int64 // bytes of the content
	sum                      int64 // CRC-32 of the content as it is stored; 0 when there is none
	data, data2, dictionary  contentHeader
}

// contentHeader is the part of a header that each type of page has its own of.
type contentHeader struct {
	there    bool
	values   int64
	encoding int64
	// levelEncodings are those of definition and repetition, in pages of version 1.
	levelEncodings [2]int64
	// nulls is how many of the values are null, and definition and repetition how many bytes their
	// levels have; plain says that the rest is not compressed. In pages of version 2.
	nulls, definition, repetition int64
	plain                         bool
}

// readPageHeader reads the header at a place in the file, before the end of its column.
func readPageHeader(from io.ReaderAt, at, end int64) (h pageHeader, err error) {
	for _, size := range []int64{256, 16 << 10, 1 << 20, maxPageHeader} {
		size = min(size, end-at)
		b := make([]byte, size)
		n, err := from.ReadAt(b, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return h, err
		}
		h = pageHeader{}
		if rest, ok := h.parse(b[:n]); ok {
			h.length = int64(n - len(rest))
			return h, h.check(end - at - h.length)
		}
		if size == end-at {
			break
		}
	}
	return h, errors.New("its header is damaged")
}

// content is the part for the page's type.
func (h *pageHeader) content() *contentHeader {
	switch h.kind {
	case format.DataPageV2:
		return &h.data2
	case format.DictionaryPage:
		return &h.dictionary
	}
	return &h.data
}

// check refuses what cannot be in a column that has so many bytes left.
func (h *pageHeader) check(left int64) error {
	c := h.content()
	switch {
	case h.compressed > left:
		return fmt.Errorf("it claims %d bytes, and its column has %d left", h.compressed, left)
	case h.kind != format.IndexPage && !c.there:
		return errors.New("its header is damaged")
	case c.nulls > c.values, c.definition+c.repetition > min(h.compressed, h.uncompressed):
		return errors.New("its header is damaged")
	case h.kind == format.DictionaryPage && c.values > h.uncompressed:
		return fmt.Errorf("it claims a dictionary of %d values in %d bytes", c.values, h.uncompressed)
	}
	return nil
}

// parse reads a PageHeader of Parquet's Thrift definition. Counts and sizes are not negative in one
// that is not damaged.
func (h *pageHeader) parse(b []byte) (rest []byte, ok bool) {
	return thriftFields(b, func(id int64, kind byte, b []byte) ([]byte, bool) {
		switch id {
		case 1:
			var n int64
			rest, ok := takeCount(b, kind, &n)
			h.kind = format.PageType(n)
			return rest, ok
		case 2:
			return takeCount(b, kind, &h.uncompressed)
		case 3:
			return takeCount(b, kind, &h.compressed)
		case 4:
			return takeInt(b, kind, &h.sum)
		case 5:
			c := &h.data
			return c.parse(b, kind, map[int64]*int64{1: &c.values, 2: &c.encoding, 3: &c.levelEncodings[0], 4: &c.levelEncodings[1]})
		case 7:
			c := &h.dictionary
			return c.parse(b, kind, map[int64]*int64{1: &c.values, 2: &c.encoding})
		case 8:
			c := &h.data2
			return c.parse(b, kind, map[int64]*int64{1: &c.values, 2: &c.nulls, 4: &c.encoding, 5: &c.definition, 6: &c.repetition})
		}
		return new(thriftWalk).field(b, kind, 1)
	})
}

// parse reads the fields of the part. Field 7, of version 2, says whether the page is compressed.
func (c *contentHeader) parse(b []byte, kind byte, counts map[int64]*int64) ([]byte, bool) {
	if kind != thriftStruct {
		return nil, false
	}
	c.there = true
	return thriftFields(b, func(id int64, kind byte, b []byte) ([]byte, bool) {
		if into := counts[id]; into != nil {
			return takeCount(b, kind, into)
		}
		c.plain = c.plain || id == 7 && kind == thriftFalse
		return new(thriftWalk).field(b, kind, 2)
	})
}
