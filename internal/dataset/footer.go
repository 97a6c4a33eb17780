package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	maxFooter     = 64 << 20 // of a Parquet file; 1,000 columns in 1,000 row groups take about 50 MiB
	maxFooterNest = 16       // Parquet's own structures nest 6 deep
)

var errFooter = errors.New("its footer is damaged")

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
	if length > min(size-12, maxFooter) {
		return fmt.Errorf("its footer claims %d bytes of %d", length, size)
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	if _, ok := skipThrift(footer, thriftStruct, 0); !ok {
		return errFooter
	}
	return nil
}

// The types of Thrift's compact protocol that need telling apart.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftInt64  = 6 // 4 and 5 are shorter integers, written in the same way
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// skipThrift passes over one value and gives what follows it.
func skipThrift(b []byte, kind byte, depth int) (rest []byte, ok bool) {
	switch {
	case depth > maxFooterNest:
		return nil, false
	case kind == thriftTrue, kind == thriftFalse, kind == thriftByte: // an element of a list; a field has its truth in its head
		return skipBytes(b, 1)
	case kind > thriftByte && kind <= thriftInt64:
		_, b, ok = takeVarint(b)
		return b, ok
	case kind == thriftDouble:
		return skipBytes(b, 8)
	case kind == thriftBinary:
		n, b, ok := takeVarint(b)
		if !ok {
			return nil, false
		}
		return skipBytes(b, n)
	case kind == thriftList, kind == thriftSet:
		return skipList(b, depth)
	case kind == thriftMap:
		return skipMap(b, depth)
	case kind == thriftStruct:
		return skipStruct(b, depth)
	}
	return nil, false
}

func skipBytes(b []byte, n uint64) ([]byte, bool) {
	if n > uint64(len(b)) {
		return nil, false
	}
	return b[n:], true
}

func takeVarint(b []byte) (uint64, []byte, bool) {
	n, length := binary.Uvarint(b)
	if length <= 0 {
		return 0, nil, false
	}
	return n, b[length:], true
}

// skipStruct passes over fields up to the stop byte.
func skipStruct(b []byte, depth int) ([]byte, bool) {
	for len(b) > 0 {
		head, ok := b[0], true
		b = b[1:]
		if head == 0 {
			return b, true
		}
		if head>>4 == 0 { // the field's number is written out
			if _, b, ok = takeVarint(b); !ok {
				return nil, false
			}
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse {
			if b, ok = skipThrift(b, kind, depth+1); !ok {
				return nil, false
			}
		}
	}
	return nil, false
}

func skipList(b []byte, depth int) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	n, kind := uint64(b[0]>>4), b[0]&15
	b = b[1:]
	if n == 15 {
		var ok bool
		if n, b, ok = takeVarint(b); !ok {
			return nil, false
		}
	}
	return skipAll(b, n, depth, kind)
}

func skipMap(b []byte, depth int) ([]byte, bool) {
	n, b, ok := takeVarint(b)
	if !ok || n == 0 || len(b) == 0 {
		return b, ok && n == 0
	}
	return skipAll(b[1:], n, depth, b[0]>>4, b[0]&15)
}

// skipAll passes over n values of each kind in turn. Each has a byte at least, so n is bounded by
// what is left.
func skipAll(b []byte, n uint64, depth int, kinds ...byte) ([]byte, bool) {
	if n > uint64(len(b)) {
		return nil, false
	}
	ok := true
	for ; n > 0; n-- {
		for _, kind := range kinds {
			if b, ok = skipThrift(b, kind, depth+1); !ok {
				return nil, false
			}
		}
	}
	return b, true
}
