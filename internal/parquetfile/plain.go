package parquetfile

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"
)

// width is how many bytes a value takes in a page's data; 0 for a text, and 1 for a truth value,
// which the file has in a bit.
func (l *leaf) width() int {
	switch l.kind {
	case parquet.Boolean:
		return 1
	case parquet.Int32, parquet.Float:
		return 4
	case parquet.Int64, parquet.Double:
		return 8
	case parquet.Int96:
		return 12
	case parquet.FixedLenByteArray:
		return l.length
	}
	return 0
}

// plain reads values that follow one another; texts come each after its length.
func (p *Page) plain(data []byte) error {
	switch p.leaf.kind {
	case parquet.ByteArray:
		return p.plainTexts(data)
	case parquet.Boolean:
		if len(data) < (p.values+7)/8 {
			return errShort
		}
		p.made = sized(p.made, p.values)
		unpack(p.made, data, 1)
		p.data = p.made
		return nil
	}
	width := p.leaf.width()
	if width == 0 {
		return fmt.Errorf("its column has values of type %v, which are not read", p.leaf.kind)
	}
	if len(data)/width < p.values {
		return errShort
	}
	p.data = data[:p.values*width]
	return nil
}

// plainTexts moves the texts together, over their lengths.
func (p *Page) plainTexts(data []byte) error {
	if len(data) > math.MaxUint32 || len(data)/4 < p.values {
		return errShort
	}
	p.ends = sized(p.ends, p.values)
	end, left := 0, data
	for i := range p.ends {
		if len(left) < 4 {
			return errShort
		}
		n := int(binary.LittleEndian.Uint32(left))
		if left = left[4:]; n > len(left) {
			return fmt.Errorf("its value %d claims %d bytes, and %d are left", i, n, len(left))
		}
		end += copy(data[end:], left[:n])
		left = left[n:]
		p.ends[i] = uint32(end)
	}
	p.data = data[:end]
	return nil
}

// split reads values whose first bytes come first, then the second ones, and so on.
func (p *Page) split(data []byte) error {
	width := p.leaf.width()
	if width == 0 || p.leaf.kind == parquet.Boolean || p.leaf.kind == parquet.Int96 {
		return fmt.Errorf("its values of type %v are split into bytes, which is not read", p.leaf.kind)
	}
	if len(data)%width != 0 || len(data)/width < p.values {
		return errShort
	}
	stride := len(data) / width
	p.made = sized(p.made, p.values*width)
	for b := range width {
		for i, v := range data[b*stride:][:p.values] {
			p.made[i*width+b] = v
		}
	}
	p.data = p.made
	return nil
}
