package parquetfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

var errShort = errors.New("it ends before its values do")

// levels reads the levels at the start of the body, and gives the values after them.
func (p *Page) levels(h pageHeader) (data []byte, err error) {
	c, data := h.content(), p.body
	p.entries, p.at, p.value = int(c.values), 0, 0
	p.values = p.entries
	var repetition, definition []byte
	if h.kind == format.DataPageV2 {
		if int64(len(data)) < c.repetition+c.definition {
			return nil, errShort
		}
		repetition, data = data[:c.repetition], data[c.repetition:]
		definition, data = data[:c.definition], data[c.definition:]
	} else {
		if repetition, data, err = cutLevels(data, p.leaf.maxRepetition, c.levelEncodings[1]); err != nil {
			return nil, err
		}
		if definition, data, err = cutLevels(data, p.leaf.maxDefinition, c.levelEncodings[0]); err != nil {
			return nil, err
		}
	}
	if p.repetition, err = decodeLevels(p.repetition, p.entries, p.leaf.maxRepetition, repetition); err != nil {
		return nil, fmt.Errorf("its repetition levels: %w", err)
	}
	if h.kind == format.DataPageV2 && len(definition) == 0 && c.nulls == 0 {
		p.definition = p.definition[:0]
		return data, nil
	}
	if p.definition, err = decodeLevels(p.definition, p.entries, p.leaf.maxDefinition, definition); err != nil {
		return nil, fmt.Errorf("its definition levels: %w", err)
	}
	if p.leaf.maxDefinition > 0 {
		p.values = bytes.Count(p.definition, []byte{p.leaf.maxDefinition})
	}
	if nulls := p.entries - p.values; h.kind == format.DataPageV2 && int64(nulls) != c.nulls {
		return nil, fmt.Errorf("it claims %d nulls among %d values, and has %d", c.nulls, p.entries, nulls)
	}
	if p.values == p.entries {
		p.definition = p.definition[:0]
	}
	return data, nil
}

// cutLevels takes the levels, after their length, off the front of a page of version 1.
func cutLevels(data []byte, most byte, encoding int64) (levels, rest []byte, err error) {
	if most == 0 {
		return nil, data, nil
	}
	if e := format.Encoding(encoding); e != format.RLE {
		return nil, nil, fmt.Errorf("its levels have the encoding %s, which is not read", e)
	}
	if len(data) < 4 {
		return nil, nil, errShort
	}
	n := binary.LittleEndian.Uint32(data)
	if data = data[4:]; int64(n) > int64(len(data)) {
		return nil, nil, errShort
	}
	return data[:n], data[n:], nil
}

// decodeLevels reads n levels, none above most, into the memory of old where they fit; none at all
// when most is 0.
func decodeLevels(old []byte, n int, most byte, data []byte) ([]byte, error) {
	if most == 0 {
		return old[:0], nil
	}
	levels := sized(old, n)
	if err := decodeRuns(levels, data, bits.Len8(most)); err != nil {
		return levels, err
	}
	if most&(most+1) != 0 && n > 0 && slices.Max(levels) > most { // else there are no bits for more
		return levels, fmt.Errorf("one is %d, and the schema has %d", slices.Max(levels), most)
	}
	return levels, nil
}
