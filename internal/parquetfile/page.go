package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// plainDictionary is what files of old call RLE_DICTIONARY in a page, and PLAIN in a dictionary.
const plainDictionary format.Encoding = 2

// Page is the values of a page, or of a dictionary.
type Page struct {
	leaf    *leaf
	column  int
	entries int    // values and nulls
	values  int    // without nulls
	dict    *Page  // of the column
	indexed bool   // the values are those of dict at index
	data    []byte // the values, of equal width, or texts
	memory

	at, value int // the next entry, and the next value that is not null
}

// memory is what a page lies in, and what the next one of its column takes over.
type memory struct {
	repetition []byte   // of each entry; empty in a column that cannot repeat
	definition []byte   // of each entry; empty when none is null
	index      []uint32 // of each value in the dictionary; also the place of lengths, while they are decoded
	ends       []uint32 // of each text in the data
	body, made []byte   // what the data is part of: the content of the page, or what was decoded of it
}

// decode reads the values after the levels; grown is the room that they take beyond the claim of
// the page's header.
func (p *Page) decode(encoding format.Encoding, data []byte, r *room) (grown int64, err error) {
	p.indexed = false
	if p.values == 0 { // whatever else the page says
		p.data, p.ends = nil, p.ends[:0]
		return 0, nil
	}
	text := p.leaf.kind == parquet.ByteArray
	switch {
	case encoding == format.Plain:
		return 0, p.plain(data)
	case encoding == format.RLEDictionary, encoding == plainDictionary:
		return 0, p.indexes(data)
	case encoding == format.RLE && p.leaf.kind == parquet.Boolean:
		return 0, p.runs(data)
	case encoding == format.DeltaBinaryPacked:
		return 0, p.deltaIntegers(data)
	case encoding == format.DeltaLengthByteArray && text:
		return 0, p.deltaTexts(data)
	case encoding == format.DeltaByteArray && (text || p.leaf.kind == parquet.FixedLenByteArray):
		return p.deltaPrefixes(data, r)
	case encoding == format.ByteStreamSplit:
		return 0, p.split(data)
	}
	return 0, fmt.Errorf("its values of type %v have the encoding %s, which is not read", p.leaf.kind, encoding)
}

// indexes reads the places of the values in the dictionary.
func (p *Page) indexes(data []byte) error {
	if p.dict == nil {
		return errors.New("its values are in a dictionary, and there is none before it")
	}
	if len(data) == 0 {
		return errShort
	}
	p.index, p.indexed = sized(p.index, p.values), true
	if err := decodeRuns(p.index, data[1:], int(data[0])); err != nil {
		return err
	}
	for i, at := range p.index {
		if int64(at) >= int64(p.dict.values) {
			return fmt.Errorf("its value %d is number %d of a dictionary of %d", i, at, p.dict.values)
		}
	}
	return nil
}

// runs reads truth values in runs, after their length.
func (p *Page) runs(data []byte) error {
	if len(data) < 4 {
		return errShort
	}
	p.made = sized(p.made, p.values)
	p.data = p.made
	return decodeRuns(p.made, data[4:], 1)
}

// Len is the number of the page's values, nulls among them.
func (p *Page) Len() int { return p.entries }

// Null says whether entry i is null.
func (p *Page) Null(i int) bool {
	return len(p.definition) > 0 && p.definition[i] != p.leaf.maxDefinition
}

// Read fills dst with the next values, nulls among them, and says how many there were; 0 at the end
// of the page. Values refer to the page's memory. Those of a column that repeats have their levels.
func (p *Page) Read(dst []parquet.Value) int { return p.read(dst, p.leaf.maxRepetition > 0) }

func (p *Page) read(dst []parquet.Value, leveled bool) int {
	n := min(len(dst), p.entries-p.at)
	for i := 0; i < n; {
		if p.Null(p.at + i) {
			dst[i] = parquet.NullValue()
			i++
			continue
		}
		run := i
		for run < n && !p.Null(p.at+run) {
			run++
		}
		p.fill(dst[i:run], p.value)
		p.value += run - i
		i = run
	}
	if leveled {
		for i := range dst[:n] {
			dst[i] = dst[i].Level(p.levelsOf(p.at+i, dst[i].IsNull()))
		}
	}
	p.at += n
	return n
}

// levelsOf gives the levels of an entry, and the number of its column.
func (p *Page) levelsOf(entry int, null bool) (repetition, definition, column int) {
	definition = int(p.leaf.maxDefinition)
	if null {
		definition = int(p.definition[entry])
	}
	if p.leaf.maxRepetition > 0 {
		repetition = int(p.repetition[entry])
	}
	return repetition, definition, p.column
}

// pass makes the entry that is so many behind the next one the next.
func (p *Page) pass(n int64) {
	for range n {
		if !p.Null(p.at) {
			p.value++
		}
		p.at++
	}
}

// fill gives values from the one numbered first on, nulls not counted.
func (p *Page) fill(dst []parquet.Value, first int) {
	switch {
	case p.indexed:
		for i, at := range p.index[first:][:len(dst)] {
			p.dict.fill(dst[i:i+1], int(at))
		}
	case p.leaf.kind == parquet.ByteArray:
		start := uint32(0)
		if first > 0 {
			start = p.ends[first-1]
		}
		for i, end := range p.ends[first:][:len(dst)] {
			dst[i] = parquet.ByteArrayValue(p.data[start:end])
			start = end
		}
	default:
		width := p.leaf.width()
		data := p.data[first*width:]
		for i := range dst {
			dst[i] = p.leaf.value(data[i*width:][:width])
		}
	}
}

// Floats fills dst with values of a page of type FLOAT from the one numbered first on, nulls not
// counted.
func (p *Page) Floats(dst []float32, first int) {
	if p.indexed {
		for i, at := range p.index[first:][:len(dst)] {
			p.dict.Floats(dst[i:i+1], int(at))
		}
		return
	}
	data := p.data[4*first:][:4*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
}

// Repetition is the repetition level of each value, nulls among them, of a column that repeats. It
// is the page's memory.
func (p *Page) Repetition() []byte { return p.repetition }

// value reads a value of fixed width.
func (l *leaf) value(b []byte) parquet.Value {
	switch l.kind {
	case parquet.Boolean:
		return parquet.BooleanValue(b[0] != 0)
	case parquet.Int32:
		return parquet.Int32Value(int32(binary.LittleEndian.Uint32(b)))
	case parquet.Int64:
		return parquet.Int64Value(int64(binary.LittleEndian.Uint64(b)))
	case parquet.Int96:
		return parquet.Int96Value(deprecated.Int96{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])})
	case parquet.Float:
		return parquet.FloatValue(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case parquet.Double:
		return parquet.DoubleValue(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return parquet.FixedLenByteArrayValue(b)
}
