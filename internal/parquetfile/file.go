package parquetfile

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// File is an open Parquet file.
type File struct {
	from   io.ReaderAt
	size   int64
	inner  *parquet.File
	leaves []leaf

	spare, inflaters sync.Pool // of *memory and *inflater, of groups that were closed
}

// leaf is a column that has values, as it is stored.
type leaf struct {
	name   string
	kind   parquet.Kind // the physical type
	length int          // in bytes, of a type of fixed length
	maxRepetition,
	maxDefinition byte
}

// Open reads the footer of a file of so many bytes. from is read until the last column is closed.
func Open(from io.ReaderAt, size int64) (f *File, err error) {
	defer recovered(&err)
	if err := checkFooter(from, size); err != nil {
		return nil, err
	}
	inner, err := parquet.OpenFile(from, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	f = &File{from: from, size: size, inner: inner}
	if err := f.checkRows(); err != nil {
		return nil, err
	}
	return f, f.findLeaves()
}

// recovered turns a panic on damaged content into an error: one bad file must not end the process.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("it is damaged: %v", p)
	}
}

// checkRows refuses more rows than can be counted; the library refuses negative numbers of them.
func (f *File) checkRows() error {
	left := int64(math.MaxInt64)
	for i := range f.Groups() {
		rows := f.GroupRows(i)
		if rows > left {
			return fmt.Errorf("row group %d claims %d rows", i, rows)
		}
		left -= rows
	}
	return nil
}

// findLeaves lists the columns; the schema has them in order, each before its children.
func (f *File) findLeaves() error {
	for _, e := range f.inner.Metadata().Schema {
		if !e.Type.Valid {
			continue
		}
		l := leaf{kind: parquet.Kind(e.Type.V), length: int(e.TypeLength.V)}
		if l.kind == parquet.FixedLenByteArray && l.length < 1 {
			return fmt.Errorf("column %s has values of %d bytes", e.Name, l.length)
		}
		f.leaves = append(f.leaves, l)
	}
	f.name(f.inner.Root())
	return nil
}

// name tells the leaves below c what the schema says of them.
func (f *File) name(c *parquet.Column) {
	if c.Leaf() {
		l := &f.leaves[c.Index()]
		l.name = strings.Join(c.Path(), ".")
		l.maxRepetition, l.maxDefinition = byte(c.MaxRepetitionLevel()), byte(c.MaxDefinitionLevel())
		return
	}
	for _, child := range c.Columns() {
		f.name(child)
	}
}

// Root is the schema's first column, which has the others below it.
func (f *File) Root() *parquet.Column { return f.inner.Root() }

// Schema is the file's schema.
func (f *File) Schema() *parquet.Schema { return f.inner.Schema() }

// KeyValues is what the writer noted.
func (f *File) KeyValues() []format.KeyValue { return f.inner.Metadata().KeyValueMetadata }

// NumRows is the number of rows that the file claims to have.
func (f *File) NumRows() int64 { return f.inner.NumRows() }

// Groups is the number of row groups.
func (f *File) Groups() int { return len(f.inner.RowGroups()) }

// GroupRows is the number of rows of a row group.
func (f *File) GroupRows(group int) int64 { return f.inner.RowGroups()[group].NumRows() }
