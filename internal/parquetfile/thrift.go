package parquetfile

import (
	"encoding/binary"
	"math"
)

// maxThriftNest bounds how deep values nest; Parquet's own structures nest 6 deep.
const maxThriftNest = 16

// The types of Thrift's compact protocol that need telling apart.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftInt32  = 5 // 4 is a shorter integer, written in the same way
	thriftInt64  = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// thriftWalk passes over values of Thrift's compact protocol, in which Parquet writes its footers and
// page headers, without making anything of them.
type thriftWalk struct {
	listed int // elements of lists, sets and maps
}

// value passes over one value and gives what follows it.
func (w *thriftWalk) value(b []byte, kind byte, depth int) (rest []byte, ok bool) {
	switch {
	case depth > maxThriftNest:
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
		return w.list(b, depth)
	case kind == thriftMap:
		return w.pairs(b, depth)
	case kind == thriftStruct:
		return thriftFields(b, func(_ int64, kind byte, b []byte) ([]byte, bool) { return w.field(b, kind, depth+1) })
	}
	return nil, false
}

// field passes over the value of a field; a truth value is in its head.
func (w *thriftWalk) field(b []byte, kind byte, depth int) ([]byte, bool) {
	if kind == thriftTrue || kind == thriftFalse {
		return b, true
	}
	return w.value(b, kind, depth)
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

// thriftFields reads the fields of a structure up to the stop byte. field gets the bytes from its
// value on, and gives what follows. Fields come in the order of their numbers, as every writer has
// them.
func thriftFields(b []byte, field func(id int64, kind byte, b []byte) ([]byte, bool)) ([]byte, bool) {
	id := int64(0)
	for len(b) > 0 {
		head, ok := b[0], true
		b = b[1:]
		if head == 0 {
			return b, true
		}
		last := id
		id += int64(head >> 4)
		if head>>4 == 0 { // the field's number is written out
			var n uint64
			if n, b, ok = takeVarint(b); !ok || n > math.MaxUint16 {
				return nil, false
			}
			id = int64(n>>1) ^ -int64(n&1)
		}
		if id <= last || id > math.MaxInt16 {
			return nil, false
		}
		if b, ok = field(id, head&15, b); !ok {
			return nil, false
		}
	}
	return nil, false
}

func (w *thriftWalk) list(b []byte, depth int) ([]byte, bool) {
	n, kind, b, ok := takeListHead(b)
	if !ok {
		return nil, false
	}
	return w.all(b, n, depth, kind)
}

// takeListHead reads how many elements a list has, and of what type.
func takeListHead(b []byte) (n uint64, kind byte, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, 0, nil, false
	}
	n, kind, rest = uint64(b[0]>>4), b[0]&15, b[1:]
	if n == 15 {
		if n, rest, ok = takeVarint(rest); !ok {
			return 0, 0, nil, false
		}
	}
	return n, kind, rest, true
}

func (w *thriftWalk) pairs(b []byte, depth int) ([]byte, bool) {
	n, b, ok := takeVarint(b)
	if !ok || n == 0 || len(b) == 0 {
		return b, ok && n == 0
	}
	return w.all(b[1:], n, depth, b[0]>>4, b[0]&15)
}

// all passes over n values of each kind in turn. Each has a byte at least, so n is bounded by what is
// left.
func (w *thriftWalk) all(b []byte, n uint64, depth int, kinds ...byte) ([]byte, bool) {
	if n > uint64(len(b)) {
		return nil, false
	}
	ok := true
	for ; n > 0; n-- {
		for _, kind := range kinds {
			w.listed++
			if b, ok = w.value(b, kind, depth+1); !ok {
				return nil, false
			}
		}
	}
	return b, true
}

// takeCount reads an integer of 32 bits that is not negative.
func takeCount(b []byte, kind byte, into *int64) ([]byte, bool) {
	b, ok := takeInt(b, kind, into)
	return b, ok && *into >= 0
}

// takeInt reads an integer of 32 bits.
func takeInt(b []byte, kind byte, into *int64) ([]byte, bool) {
	if kind != thriftInt32 {
		return nil, false
	}
	n, b, ok := takeVarint(b)
	*into = int64(n>>1) ^ -int64(n&1)
	return b, ok && n <= math.MaxUint32
}
