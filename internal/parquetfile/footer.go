package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	maxFooter = 64 << 20 // long captions can stand in it as least and greatest
	// maxListed bounds what is in a footer's lists, some seven parts for each column of a row group.
	maxListed = 1 << 20
	// maxChunks bounds the columns of all row groups: one byte can say that there is one, and each
	// takes some 900 bytes when it is read.
	maxChunks = 1 << 17
	// maxElements and maxNested bound the schema: the names of all columns that one is in are listed
	// for each.
	maxElements = 1 << 15
	maxNested   = 64
)

var (
	errFooter = errors.New("its footer is damaged")
	errLarge  = fmt.Errorf("its footer describes more than %d columns in %d levels, %d columns of row groups, or %d parts of them",
		maxElements, maxNested, maxChunks, maxListed)
)

// checkFooter walks the footer of a Parquet file before the library believes it: that makes room
// for as many elements as a list claims, and a damaged one can claim more than there is memory.
// Nothing in the footer may claim more elements than it has bytes left.
func checkFooter(f io.ReaderAt, size int64) error {
	if size < 12 {
		return fmt.Errorf("it has only %d bytes", size)
	}
	var tail [8]byte
	if _, err := f.ReadAt(tail[:], size-8); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if string(tail[4:]) != "PAR1" {
		return errors.New("it does not end with the mark PAR1")
	}
	if length > size-12 {
		return fmt.Errorf("its footer claims %d bytes of %d", length, size)
	}
	if length > maxFooter {
		return fmt.Errorf("its footer has %d MiB, more than the %d MiB that are read", length>>20, maxFooter>>20)
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	var walk footerWalk
	switch _, ok := thriftFields(footer, walk.field); {
	case walk.large():
		return errLarge
	case !ok:
		return errFooter
	}
	return nil
}

// footerWalk counts what the library makes room for.
type footerWalk struct {
	thriftWalk
	elements, leaves int // of the schema
	nested           int // how deep its columns lie, at most
	groups, chunks   int // row groups, and columns of them
	open             []int64
}

// large says that it is too much. The library makes room for every column in every row group, before
// it sees whether they are there.
func (w *footerWalk) large() bool {
	return w.elements > maxElements || w.nested > maxNested || w.listed > maxListed || max(w.chunks, w.leaves*w.groups) > maxChunks
}

// field passes over a field of FileMetaData.
func (w *footerWalk) field(id int64, kind byte, b []byte) ([]byte, bool) {
	switch {
	case id == 2 && kind == thriftList:
		return w.structs(b, w.element)
	case id == 4 && kind == thriftList:
		return w.structs(b, w.group)
	}
	return w.thriftWalk.field(b, kind, 1)
}

// structs passes over a list of structures.
func (w *footerWalk) structs(b []byte, each func(b []byte) ([]byte, bool)) ([]byte, bool) {
	n, kind, b, ok := takeListHead(b)
	if !ok || kind != thriftStruct || n > uint64(len(b)) {
		return nil, false
	}
	for ; n > 0; n-- {
		w.listed++
		if b, ok = each(b); !ok || w.large() {
			return nil, false
		}
	}
	return b, true
}

// element passes over a SchemaElement. They stand each before its children.
func (w *footerWalk) element(b []byte) ([]byte, bool) {
	var children int64
	leaf := false
	b, ok := thriftFields(b, func(id int64, kind byte, b []byte) ([]byte, bool) {
		switch id {
		case 1:
			leaf = true
		case 5:
			return takeCount(b, kind, &children)
		}
		return w.thriftWalk.field(b, kind, 2)
	})
	w.elements++
	w.nested = max(w.nested, len(w.open))
	if leaf {
		w.leaves++
	}
	if children > 0 {
		w.open = append(w.open, children)
		return b, ok
	}
	for last := len(w.open) - 1; last >= 0; last-- { // of how many columns it is the last child
		if w.open[last]--; w.open[last] > 0 {
			break
		}
		w.open = w.open[:last]
	}
	return b, ok
}

// group passes over a RowGroup.
func (w *footerWalk) group(b []byte) ([]byte, bool) {
	w.groups++
	return thriftFields(b, func(id int64, kind byte, b []byte) ([]byte, bool) {
		if id == 1 && kind == thriftList {
			return w.structs(b, func(b []byte) ([]byte, bool) {
				w.chunks++
				return w.value(b, thriftStruct, 3)
			})
		}
		return w.thriftWalk.field(b, kind, 2)
	})
}
