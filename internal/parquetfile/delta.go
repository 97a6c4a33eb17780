package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"
)

var errDelta = errors.New("its differences are damaged")

// maxDeltaBlock bounds a block of differences; writers make them of 128 values.
const maxDeltaBlock = 1 << 16

// decodeDeltas reads n integers, each the one before and a difference, and visits them in order. It
// gives what follows them.
//
// https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC
func decodeDeltas(data []byte, n int, visit func(i int, v int64)) (rest []byte, err error) {
	var head [3]uint64 // values a block, parts a block, values in all
	for i := range head {
		var ok bool
		if head[i], data, ok = takeVarint(data); !ok {
			return nil, errDelta
		}
	}
	last, used := binary.Varint(data)
	block, parts, total := head[0], head[1], head[2]
	if used <= 0 || block == 0 || block > maxDeltaBlock || block%128 != 0 || parts == 0 || block%parts != 0 || block/parts%32 != 0 {
		return nil, errDelta
	}
	if total != uint64(n) {
		return nil, fmt.Errorf("it has %d differences for %d values", total, n)
	}
	data = data[used:]
	if n > 0 {
		visit(0, last)
	}
	part := int(block / parts)
	for i := 1; i < n; {
		least, used := binary.Varint(data)
		if used <= 0 || len(data)-used < int(parts) {
			return nil, errShort
		}
		widths := data[used:][:parts]
		data = data[used+int(parts):]
		for _, width := range widths {
			if i == n { // parts that are not needed may be missing
				break
			}
			size, take := part/8*int(width), min(part, n-i)
			if width > 64 {
				return nil, errDelta
			}
			if len(data) < (take*int(width)+7)/8 {
				return nil, errShort
			}
			for j := range take {
				last += least + int64(bitsAt(data, j*int(width), int(width)))
				visit(i+j, last)
			}
			i += take
			data = data[min(size, len(data)):]
		}
	}
	return data, nil
}

// deltaIntegers reads a page of integers.
func (p *Page) deltaIntegers(data []byte) (err error) {
	p.made = sized(p.made, p.values*p.leaf.width())
	switch p.leaf.kind {
	case parquet.Int32:
		_, err = decodeDeltas(data, p.values, func(i int, v int64) { binary.LittleEndian.PutUint32(p.made[4*i:], uint32(v)) })
	case parquet.Int64:
		_, err = decodeDeltas(data, p.values, func(i int, v int64) { binary.LittleEndian.PutUint64(p.made[8*i:], uint64(v)) })
	default:
		err = fmt.Errorf("its values of type %v are given by differences", p.leaf.kind)
	}
	p.data = p.made
	return err
}

// decodeLengths reads n lengths into the memory of old. None is negative or beyond 32 bits.
func decodeLengths(old []uint32, data []byte, n int) (lengths []uint32, rest []byte, err error) {
	lengths = sized(old, n)
	wrong := false
	rest, err = decodeDeltas(data, n, func(i int, v int64) {
		wrong = wrong || v < 0 || v > math.MaxInt32
		lengths[i] = uint32(v)
	})
	if err == nil && wrong {
		err = errors.New("it has a length that is negative, or of more than 2 GiB")
	}
	return lengths, rest, err
}

// deltaTexts reads texts whose lengths come before them all.
func (p *Page) deltaTexts(data []byte) (err error) {
	if p.ends, data, err = decodeLengths(p.ends, data, p.values); err != nil {
		return err
	}
	at := uint64(0)
	for i, n := range p.ends {
		if at += uint64(n); at > uint64(len(data)) {
			return errShort
		}
		p.ends[i] = uint32(at)
	}
	p.data = data[:at]
	return nil
}

// deltaPrefixes reads texts that each begin as the one before does. All together may be far longer
// than the page: grown is the room that they take.
func (p *Page) deltaPrefixes(data []byte, r *room) (grown int64, err error) {
	if p.index, data, err = decodeLengths(p.index, data, p.values); err != nil {
		return 0, err
	}
	if p.ends, data, err = decodeLengths(p.ends, data, p.values); err != nil {
		return 0, err
	}
	last, suffixes := uint64(0), uint64(0)
	for i, prefix := range p.index {
		if uint64(prefix) > last {
			return 0, fmt.Errorf("its value %d begins with %d bytes of one of %d", i, prefix, last)
		}
		last = uint64(prefix) + uint64(p.ends[i])
		suffixes += uint64(p.ends[i])
		grown += int64(last)
		if suffixes > uint64(len(data)) || p.leaf.kind == parquet.FixedLenByteArray && last != uint64(p.leaf.length) {
			return 0, errShort
		}
		if grown > maxRoom {
			break
		}
	}
	if err := r.take(grown); err != nil {
		return 0, err
	}
	p.made = sized(p.made, int(grown))
	start, at := 0, 0 // of the value before, and of this one
	for i, prefix := range p.index {
		end := at + copy(p.made[at:], p.made[start:start+int(prefix)])
		n := copy(p.made[end:], data[:p.ends[i]])
		data = data[n:]
		start, at = at, end+n
		p.ends[i] = uint32(at)
	}
	p.data = p.made
	return grown, nil
}
