package vectors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	maxFooter = 64 << 20 // a Parquet footer of 1,000 columns and 1,000 row groups has about 50 MiB
	maxDepth  = 16       // Parquet's own structures nest 6 deep
)

var errFooter = errors.New("its footer is damaged")

// checkFooter walks through the footer of a Parquet file before anything believes it: the Parquet
// reader allocates as much as a damaged list claims to hold. Here no list or string may be longer
// than the bytes that are left.
func checkFooter(f io.ReaderAt, size int64) error {
	var tail [8]byte
	if size < 12 {
		return fmt.Errorf("it has only %d bytes", size)
	}
	if _, err := f.ReadAt(tail[:], size-8); err != nil {
		return fmt.Errorf("its end cannot be read: %w", err)
	}
	if string(tail[4:]) != "PAR1" {
		return errors.New("it does not end with Parquet's mark")
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if length > min(size-12, maxFooter) {
		return fmt.Errorf("its footer claims %d of %d bytes", length, size)
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-8-length); err != nil {
		return fmt.Errorf("its footer cannot be read: %w", err)
	}
	w := walker{left: footer}
	w.structure(0)
	return w.err
}

// The types of Thrift's compact protocol, in which the footer is written.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// walker passes over values of Thrift's compact protocol.
type walker struct {
	left []byte
	err  error
}

// take passes over n bytes.
func (w *walker) take(n uint64) []byte {
	if w.err != nil || n > uint64(len(w.left)) {
		w.err, w.left = errFooter, nil
		return nil
	}
	taken := w.left[:n]
	w.left = w.left[n:]
	return taken
}

// octet takes one byte, 0 at the end.
func (w *walker) octet() byte {
	if b := w.take(1); b != nil {
		return b[0]
	}
	return 0
}

// varint takes a number of variable length.
func (w *walker) varint() uint64 {
	x, n := binary.Uvarint(w.left)
	if n <= 0 {
		w.err, w.left = errFooter, nil
		return 0
	}
	w.take(uint64(n))
	return x
}

// structure passes over the fields of a struct up to its stop byte.
func (w *walker) structure(depth int) {
	for w.err == nil {
		head := w.octet()
		if head == 0 {
			return
		}
		if head>>4 == 0 { // the field's number is not a small step from the one before
			w.varint()
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse {
			w.value(kind, depth+1)
		}
	}
}

// value passes over one value.
func (w *walker) value(kind byte, depth int) {
	if depth > maxDepth {
		w.err = errFooter
		return
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		w.take(1)
	case thriftInt16, thriftInt32, thriftInt64:
		w.varint()
	case thriftDouble:
		w.take(8)
	case thriftBinary:
		w.take(w.varint())
	case thriftList, thriftSet:
		head := w.octet()
		n := uint64(head >> 4)
		if n == 15 {
			n = w.varint()
		}
		w.values(n, depth, head&15)
	case thriftMap:
		if n := w.varint(); n > 0 {
			kinds := w.octet()
			w.values(n, depth, kinds>>4, kinds&15)
		}
	case thriftStruct:
		w.structure(depth)
	default:
		w.err = errFooter
	}
}

// values passes over n values of each of the kinds, in turn; each has a byte at least.
func (w *walker) values(n uint64, depth int, kinds ...byte) {
	if n > uint64(len(w.left)) {
		w.err = errFooter
	}
	for ; n > 0 && w.err == nil; n-- {
		for _, kind := range kinds {
			w.value(kind, depth+1)
		}
	}
}
