package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// maxPageRoom bounds what the headers of the pages that are open at a time, one a column and its
	// dictionary, may claim together. Most writers make pages of 1 MiB, DuckDB of up to 100 MiB.
	maxPageRoom = 512 << 20
	// maxPageHeader bounds one header, which may have the least and the greatest text of the page.
	maxPageHeader = 2*maxCaption + 1<<20
	// valueRoom is what a value takes beside its content: its level, offset and index.
	valueRoom = 16
)

// checkedPages are the pages of a column chunk. The header of each is checked before the library
// reads it, which makes room for what it claims: a few damaged bytes can claim 2 GiB.
type checkedPages struct {
	parquet.Pages
	from       io.ReaderAt
	snappy     bool  // how the chunk is compressed
	at, end    int64 // the next header, and where the chunk ends
	rows       int64 // of the group, that no page has had
	room       *pageRoom
	page, dict int64 // what the pages at hand claim of the room
}

// pageRoom is what the pages of one row group share.
type pageRoom struct{ used int64 }

// openPages opens a column of a row group; the column's values are as many as the group's rows.
func openPages(file *parquet.File, group, leaf int, room *pageRoom) (parquet.Pages, error) {
	columns := file.Metadata().RowGroups[group].Columns
	if leaf >= len(columns) {
		return nil, fmt.Errorf("row group %d has no column %d", group, leaf)
	}
	meta := columns[leaf].MetaData
	start := meta.DataPageOffset
	if meta.DictionaryPageOffset != 0 {
		start = meta.DictionaryPageOffset
	}
	if start < 0 || meta.TotalCompressedSize < 0 || start > file.Size() || meta.TotalCompressedSize > file.Size()-start {
		return nil, fmt.Errorf("its footer claims %d bytes from %d for a column, and the file has %d", meta.TotalCompressedSize, start, file.Size())
	}
	inner := file.RowGroups()[group]
	return &checkedPages{
		Pages: inner.ColumnChunks()[leaf].Pages(), from: file, snappy: meta.Codec == format.Snappy,
		at: start, end: start + meta.TotalCompressedSize, rows: inner.NumRows(), room: room,
	}, nil
}

// ReadPage gives the next page of values; a dictionary before it is read with it.
func (c *checkedPages) ReadPage() (parquet.Page, error) {
	c.room.used -= c.page
	c.page = 0
	for c.at < c.end {
		h, err := readPageHeader(c.from, c.at, c.end)
		if err == nil {
			err = c.check(h)
		}
		if err != nil {
			return nil, fmt.Errorf("the page at byte %d: %w", c.at, err)
		}
		c.at += h.length + h.compressed
		if h.kind != format.DictionaryPage {
			break
		}
	}
	return c.Pages.ReadPage()
}

// Close gives the room back.
func (c *checkedPages) Close() error {
	c.room.used -= c.page + c.dict
	c.page, c.dict = 0, 0
	return c.Pages.Close()
}

// check takes the room that a page claims, when it can be what it says.
func (c *checkedPages) check(h pageHeader) error {
	switch {
	case h.compressed > c.end-c.at-h.length:
		return fmt.Errorf("it claims %d bytes, and its column has %d left", h.compressed, c.end-c.at-h.length)
	case h.values > c.rows:
		return fmt.Errorf("it claims %d values, and its row group has %d rows left", h.values, c.rows)
	case h.entries > h.uncompressed:
		return fmt.Errorf("it claims a dictionary of %d values in %d bytes", h.entries, h.uncompressed)
	}
	if err := c.checkSnappy(h); err != nil {
		return err
	}
	claim := h.compressed + h.uncompressed + valueRoom*(h.values+h.entries)
	if claim > maxPageRoom-c.room.used {
		return fmt.Errorf("it claims to take %d MiB, and the pages of a row group that are open at a time may take %d MiB", claim>>20, maxPageRoom>>20)
	}
	c.room.used += claim
	if h.kind == format.DictionaryPage {
		c.dict += claim
	} else {
		c.page += claim
	}
	c.rows -= h.values
	return nil
}

// checkSnappy compares the length that the compressed bytes begin with: the library makes room for
// that one too.
func (c *checkedPages) checkSnappy(h pageHeader) error {
	at := h.levels // of a page of version 2 the levels come first, as they are
	if !c.snappy || h.plain || at >= h.compressed {
		return nil
	}
	var start [binary.MaxVarintLen64]byte
	n, err := c.from.ReadAt(start[:min(int64(len(start)), h.compressed-at)], c.at+h.length+at)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if size, n := binary.Uvarint(start[:n]); n <= 0 || size > uint64(h.uncompressed) {
		return fmt.Errorf("it claims %d bytes, and its content %d", h.uncompressed, size)
	}
	return nil
}

// pageHeader is what is checked of a page's header.
type pageHeader struct {
	kind                     format.PageType
	length                   int64 // of the header itself, in bytes
	compressed, uncompressed int64
	values, entries          int64 // of a page of values, of a dictionary
	levels                   int64 // of version 2: bytes before the content
	plain                    bool  // of version 2: the content is not compressed
}

// readPageHeader reads the header at a place in the file, before the end of its column.
func readPageHeader(from io.ReaderAt, at, end int64) (h pageHeader, err error) {
	for _, size := range []int64{4 << 10, 1 << 20, maxPageHeader} {
		size = min(size, end-at)
		b := make([]byte, size)
		n, err := from.ReadAt(b, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return h, err
		}
		h = pageHeader{}
		if rest, ok := h.parse(b[:n]); ok {
			h.length = int64(n - len(rest))
			return h, nil
		}
		if size == end-at {
			break
		}
	}
	return h, errors.New("its header is damaged")
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
		case 5:
			return takeFields(b, kind, map[int64]*int64{1: &h.values}, nil)
		case 7:
			return takeFields(b, kind, map[int64]*int64{1: &h.entries}, nil)
		case 8:
			var values, nulls, definition, repetition int64
			rest, ok := takeFields(b, kind, map[int64]*int64{1: &values, 2: &nulls, 5: &definition, 6: &repetition}, &h.plain)
			h.values, h.levels = max(h.values, values), definition+repetition
			return rest, ok && nulls <= values
		}
		return new(thriftWalk).field(b, kind, 1)
	})
}

// takeFields reads the counts among the fields of a struct. Field 7 says whether a page of version 2
// is compressed; plain may be nil.
func takeFields(b []byte, kind byte, counts map[int64]*int64, plain *bool) ([]byte, bool) {
	if kind != thriftStruct {
		return nil, false
	}
	return thriftFields(b, func(id int64, kind byte, b []byte) ([]byte, bool) {
		if into := counts[id]; into != nil {
			return takeCount(b, kind, into)
		}
		if plain != nil && id == 7 {
			*plain = kind == thriftFalse
		}
		return new(thriftWalk).field(b, kind, 1)
	})
}

// takeCount reads an integer of 32 bits that is not negative.
func takeCount(b []byte, kind byte, into *int64) ([]byte, bool) {
	if kind != thriftInt32 {
		return nil, false
	}
	n, b, ok := takeVarint(b)
	*into = int64(n >> 1)
	return b, ok && n&1 == 0 && *into <= math.MaxInt32
}
