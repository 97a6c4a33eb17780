package parquetfile

import (
	"errors"
	"hash/crc32"

	"github.com/parquet-go/parquet-go/format"
)

// content reads the content of a page at a place in the file, inflated, as the page's body.
func (c *Column) content(p *Page, at int64, h pageHeader) error {
	g := c.group
	if c.codec == format.Uncompressed {
		p.body = sized(p.body, int(h.compressed))
		return g.stored(p.body, at, h)
	}
	g.packed = sized(g.packed, int(h.compressed))
	if err := g.stored(g.packed, at, h); err != nil {
		return err
	}
	p.body = sized(p.body, int(h.uncompressed))
	levels := 0 // of a page of version 2 they come first, and are not compressed
	if h.kind == format.DataPageV2 {
		levels = copy(p.body, g.packed[:h.data2.definition+h.data2.repetition])
	}
	codec := c.codec
	if h.content().plain {
		codec = format.Uncompressed
	}
	n, err := g.inflate(codec, p.body[levels:], g.packed[levels:])
	p.body = p.body[:levels+n]
	return err
}

// stored reads the content of a page as the file has it.
func (g *Group) stored(into []byte, at int64, h pageHeader) error {
	if n, err := g.file.from.ReadAt(into, at+h.length); n < len(into) {
		return err
	}
	if h.sum != 0 && crc32.ChecksumIEEE(into) != uint32(h.sum) {
		return errors.New("its content does not have the checksum that its header gives")
	}
	return nil
}

// sized gives a slice of n elements, the same memory where it fits and is not far too large.
func sized[T any](b []T, n int) []T {
	const enough = 1 << 20
	if n > cap(b) || cap(b) > max(2*n, enough) {
		return make([]T, n)
	}
	return b[:n]
}
