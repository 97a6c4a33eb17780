package parquetfile

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

const (
	// maxRoom bounds what the pages that are open at a time, one a column of a row group and its
	// dictionary, take together: content as it is stored, inflated and decoded. Most writers make pages
	// of 1 MiB, DuckDB of up to 100 MiB.
	maxRoom = 512 << 20
	// maxKept bounds what a column leaves to the columns of other groups.
	maxKept = 4 << 20
	// valueRoom is what a value takes beside its content: its levels, place, and index or lengths.
	valueRoom = 16
)

// Group reads the columns of one row group, one after the other or in turn, by one goroutine.
type Group struct {
	file   *File
	number int
	room   room
	*inflater
	packed  []byte // a page's content as it is stored
	columns []*Column
}

// room is what the pages of one row group share.
type room struct{ used int64 }

// take reserves room for a page.
func (r *room) take(n int64) error {
	if n > maxRoom-r.used {
		return fmt.Errorf("it claims to take %d MiB, and the pages of a row group that are open at a time may take %d MiB", n>>20, maxRoom>>20)
	}
	r.used += n
	return nil
}

// Group opens a row group.
func (f *File) Group(number int) *Group {
	i, ok := f.inflaters.Get().(*inflater)
	if !ok {
		i = &inflater{}
	}
	return &Group{file: f, number: number, inflater: i}
}

// Close lets go of the columns; their values are of no use any more.
func (g *Group) Close() {
	for _, c := range g.columns {
		if cap(c.page.body)+cap(c.page.made) <= maxKept {
			g.file.spare.Put(&c.page.memory)
		}
	}
	g.file.inflaters.Put(g.inflater)
	g.columns, g.packed, g.inflater = nil, nil, nil
}

// Column opens a column by its number.
func (g *Group) Column(number int) (*Column, error) {
	columns := g.file.inner.Metadata().RowGroups[g.number].Columns
	if number < 0 || number >= min(len(columns), len(g.file.leaves)) {
		return nil, fmt.Errorf("row group %d has no column %d", g.number, number)
	}
	leaf, meta := &g.file.leaves[number], columns[number].MetaData
	start := meta.DataPageOffset
	if meta.DictionaryPageOffset != 0 {
		start = meta.DictionaryPageOffset
	}
	if start < 0 || meta.TotalCompressedSize < 0 || start > g.file.size || meta.TotalCompressedSize > g.file.size-start {
		return nil, fmt.Errorf("row group %d, column %s: its footer claims %d bytes from %d, and the file has %d",
			g.number, leaf.name, meta.TotalCompressedSize, start, g.file.size)
	}
	c := &Column{
		group: g, leaf: leaf, number: number, codec: meta.Codec,
		at: start, end: start + meta.TotalCompressedSize, left: g.file.GroupRows(g.number),
	}
	if leaf.maxRepetition > 0 { // a row may have any number of values
		c.left = math.MaxInt64
	}
	if m, ok := g.file.spare.Get().(*memory); ok {
		c.page.memory = *m
	}
	g.columns = append(g.columns, c)
	return c, nil
}

// Column reads one column of a row group, page by page or value by value.
type Column struct {
	group   *Group
	leaf    *leaf
	number  int
	codec   format.CompressionCodec
	at, end int64 // the next header, and where the column ends
	left    int64 // values that no page has had
	page    Page
	dict    *Page // once it was met
	claim   int64 // what the page at hand takes of the room
}

// Next reads the next page and gives its values; io.EOF after the last. The page is good until
// the next call.
func (c *Column) Next() (page *Page, err error) {
	return c.next(0)
}

// next passes over pages that have no more than skip values, without reading them.
func (c *Column) next(skip int64) (page *Page, err error) {
	at, ended := c.at, false
	defer func() {
		if err == nil || ended {
			return
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		c.at = c.end // what follows a damaged page cannot be placed
		err = fmt.Errorf("row group %d, column %s: the page at byte %d: %w", c.group.number, c.leaf.name, at, err)
	}()
	defer recovered(&err)
	c.group.room.used -= c.claim
	c.claim, c.page.entries, c.page.at = 0, 0, 0
	for c.at < c.end {
		at = c.at
		h, err := readPageHeader(c.group.file.from, c.at, c.end)
		if err != nil {
			return nil, err
		}
		c.at += h.length + h.compressed
		switch h.kind {
		case format.DictionaryPage:
			err = c.readDictionary(at, h)
		case format.DataPage, format.DataPageV2:
			values := h.content().values
			if values > c.left {
				return nil, fmt.Errorf("it claims %d values, and its row group has %d rows left", values, c.left)
			}
			c.left -= values
			if values <= skip {
				skip -= values
				continue
			}
			if err := c.readPage(at, h); err != nil {
				return nil, err
			}
			c.page.pass(skip)
			return &c.page, nil
		}
		if err != nil {
			return nil, err
		}
	}
	ended = true
	return nil, io.EOF
}

// readDictionary reads the values that later pages refer to.
func (c *Column) readDictionary(at int64, h pageHeader) error {
	if c.dict != nil {
		return errors.New("it is a second dictionary")
	}
	if err := c.group.room.take(h.claim()); err != nil {
		return err
	}
	dict := &Page{leaf: c.leaf}
	if err := c.content(dict, at, h); err != nil {
		return err
	}
	switch e := format.Encoding(h.dictionary.encoding); e {
	case format.Plain, plainDictionary:
		dict.entries, dict.values = int(h.dictionary.values), int(h.dictionary.values)
		c.dict = dict
		return dict.plain(dict.body)
	default:
		return fmt.Errorf("its dictionary has the encoding %s, which is not read", e)
	}
}

// readPage makes a page the one at hand.
func (c *Column) readPage(at int64, h pageHeader) error {
	c.claim = h.claim()
	if err := c.group.room.take(c.claim); err != nil {
		c.claim = 0
		return err
	}
	p := &c.page
	p.leaf, p.column, p.dict = c.leaf, c.number, c.dict
	if err := c.content(p, at, h); err != nil {
		return err
	}
	data, err := p.levels(h)
	if err != nil {
		return err
	}
	grown, err := p.decode(format.Encoding(h.content().encoding), data, &c.group.room)
	c.claim += grown
	return err
}

// claim is the room that a page takes, by its header.
func (h *pageHeader) claim() int64 {
	return h.compressed + h.uncompressed + valueRoom*h.content().values
}
