package vectors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// A file of codes starts with a mark, the length of its description in four bytes and the
// description in JSON; the axis follows after codeHeader bytes, then the tables.
const (
	codeMark   = "RCCODES4"
	codeHeader = 4096
)

// codes are the vectors of one file, coded, memory-mapped, with what the coding cost.
//
// A row u of length 1 is stored as u = offset*axis + scale*code + rest, where offset*axis is all of u
// that lies along the axis; the row's error is the length of the rest without its part along the axis.
// So for a query q and its part p at right angles to the axis, whatever the coding was,
//
//	|<q,u> - offset*<q,axis> - scale*<p,code>| <= |p| * error
//
// by Cauchy and Schwarz: a row whose upper end lies below what is asked for need not be read. The
// axis is the mean direction, which CLIP's embeddings share: what lies along it costs nothing, and the
// few values that are large in every embedding are not in p.
type codes struct {
	kind            codeKind
	rows, dimension int
	axis            []float32
	mapped          []byte
	tables          []codeTable
}

// codeTable is a file's rows in blocks, see blockSize.
type codeTable struct {
	stride int     // bytes of a row's code, a multiple of 64
	reach  float64 // no row's scale*code is longer
	blocks []byte
	single bool // its rows are looked at one by one, see termPlace
}

// codeKind is a way to code vectors.
type codeKind struct {
	suffix string // of its files
	tables int
	perRow func(dimension int) int // values that a row's code has room for
	stride func(dimension int) int
}

// halves code a value in 8 bits, which lie in two tables of 4: the first halves, which are codes of
// 2*half - 15 with a scale of their own, and the second, whose scales are those of the 8 bits.
func halves() codeKind {
	return codeKind{
		suffix: codesSuffix, tables: 2,
		perRow: func(dimension int) int { return roundTo(dimension, 128) },
		stride: func(dimension int) int { return roundTo(dimension, 128) / 2 },
	}
}

// oneBit codes the sign of every value of the rotated vector: RaBitQ's codes (Gao and Long, SIGMOD
// 2024, doi 10.1145/3654970). Their estimate comes with a bound that holds with high probability;
// the bound used here is the certain one, which is wider.
func oneBit() codeKind {
	return codeKind{
		suffix: bitsSuffix, tables: 1,
		perRow: func(dimension int) int { return roundTo(dimension, 512) },
		stride: func(dimension int) int { return roundTo(dimension, 512) / 8 },
	}
}

// roundTo rounds up to a multiple.
func roundTo(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// codeDescription is what a file of codes says of itself.
type codeDescription struct {
	Origin    origin    `json:"origin"`
	Rows      int       `json:"rows"`
	Dimension int       `json:"dimension"`
	Reach     []float64 `json:"reach"` // by table
}

// blockSize is the bytes of a block: the codes of blockRows rows, and three terms for each, which are
// its scale, offset and error. A row without direction has the error -Inf; one whose cosine float32
// cannot compute well has +Inf.
func blockSize(stride int) int { return blockRows * (stride + 12) }

// termPlace is where term i of row r is among the terms of a block. First tables hold all rows' scales,
// then their offsets, then their errors, for many rows an instruction; second tables, whose rows are
// looked at one by one, hold a row's terms together, so that memory is asked once.
func termPlace(single bool, r, i int) int {
	if single {
		return 3*r + i
	}
	return i*blockRows + r
}

// tableSize is the bytes of a table.
func tableSize(rows, stride int) int { return (rows + blockRows - 1) / blockRows * blockSize(stride) }

// axisSize is the bytes of the axis in the file, a multiple of 64.
func axisSize(dimension int) int { return roundTo(4*dimension, 64) }

// openCodes maps the codes of a file of vectors; nil when there are none, or none of this file as
// it is now.
func openCodes(kind codeKind, dir, name string, m *matrix, is origin) (*codes, error) {
	mapped, err := mapDerived(derivedPath(dir, name, kind.suffix))
	if err != nil || mapped == nil {
		return nil, err
	}
	c := newCodes(kind, mapped, m, is)
	if c == nil {
		return nil, unix.Munmap(mapped)
	}
	wantLargePages(mapped)
	return c, nil
}

// newCodes takes a file apart; nil when it is not what belongs to m.
func newCodes(kind codeKind, mapped []byte, m *matrix, is origin) *codes {
	if len(mapped) < codeHeader || string(mapped[:8]) != codeMark {
		return nil
	}
	size := binary.LittleEndian.Uint32(mapped[8:])
	if size > codeHeader-12 {
		return nil
	}
	var d codeDescription
	if err := json.Unmarshal(mapped[12:12+size], &d); err != nil {
		return nil
	}
	sound := func(reach float64) bool { return reach >= 0 && reach <= 4 }
	if d.Origin != is || d.Rows != m.rows || d.Dimension != m.dimension || len(d.Reach) != kind.tables ||
		slices.IndexFunc(d.Reach, func(r float64) bool { return !sound(r) }) >= 0 {
		return nil
	}
	c := &codes{kind: kind, rows: d.Rows, dimension: d.Dimension, mapped: mapped, axis: make([]float32, d.Dimension)}
	stride := kind.stride(d.Dimension)
	start, each := codeHeader+axisSize(d.Dimension), tableSize(d.Rows, stride)
	if len(mapped) != start+kind.tables*each {
		return nil
	}
	decodeFloats(c.axis, mapped[codeHeader:codeHeader+4*d.Dimension])
	for i, reach := range d.Reach {
		c.tables = append(c.tables, codeTable{stride, reach, mapped[start+i*each : start+(i+1)*each], i > 0})
	}
	return c
}

// close unmaps the file.
func (c *codes) close() error {
	if c == nil {
		return nil
	}
	if err := unix.Munmap(c.mapped); err != nil {
		return fmt.Errorf("cannot unmap codes: %w", err)
	}
	return nil
}

// span gives n blocks from the one that row is the first of.
func (t codeTable) span(row, n int) codeBlocks {
	size := blockSize(t.stride)
	first := row / blockRows
	return codeBlocks{t.blocks[first*size : (first+n)*size], n, t.stride, t.single}
}

// slack bounds how far the float32 cosine of a kernel may lie from the exact one, in whatever
// order it sums: 2^-24 for each of its roundings, on values that add up to 1 at most; the length
// has as many. 2^-18 more is for the few operations that hold a row against the limit, on values
// below 8, and for offsets that are rounded.
func slack(dimension int) float64 {
	return 2*float64(dimension+16)*0x1p-24 + 0x1p-18
}

// limit turns the least cosine that is wanted into what a row's code must reach; lost is the length
// of what the query's numbers lost.
func (t codeTable) limit(least float32, lost float64, dimension int) float32 {
	return roundDown(float64(least) - lost*t.reach - slack(dimension))
}

// errNotCoded says that vectors cannot be coded; searching does without.
var errNotCoded = errors.New("these vectors cannot be coded")
