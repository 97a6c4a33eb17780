package vectors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// A file of codes starts with a mark, the length of its description in four bytes and the
// description in JSON; the blocks of codes follow after codeHeader bytes and the mean.
const (
	codeMark   = "RCCODES1"
	codeHeader = 4096
)

// codes are the vectors of one file in 8 bits a value, memory-mapped, with what the rounding cost.
//
// A row u of length 1 is stored as u = mean + scale*code + rest, the length of rest in error.
// So for a query q, whatever the rounding was, |<q,u> - <q,mean> - scale*<q,code>| <= |q|*error:
// a row whose upper end lies below what is asked for need not be read. The mean matters: CLIP's
// embeddings share a direction, and a few values dominate it.
type codes struct {
	rows, dimension, stride int
	mean                    []float32
	reach                   float64 // no row's scale*code is longer
	mapped                  []byte
	blocks                  []byte // of blockRows rows each, see blockSize
}

// codeDescription is what a file of codes says of itself.
type codeDescription struct {
	Origin    origin  `json:"origin"`
	Rows      int     `json:"rows"`
	Dimension int     `json:"dimension"`
	Reach     float64 `json:"reach"`
}

// codeStride is the bytes of a row's codes: whole registers.
func codeStride(dimension int) int { return (dimension + 63) / 64 * 64 }

// blockSize is the bytes of a block: the codes of blockRows rows, their scales, their errors. A
// row without direction has the error -Inf; one whose cosine float32 cannot compute well has +Inf.
func blockSize(stride int) int { return blockRows * (stride + 8) }

// meanSize is the bytes of the mean in the file, a multiple of 64.
func meanSize(dimension int) int { return (4*dimension + 63) / 64 * 64 }

// openCodes maps the codes of a file of vectors; nil when there are none, or none of this file as
// it is now.
func openCodes(dir, name string, m *matrix, is origin) (*codes, error) {
	mapped, err := mapDerived(derivedPath(dir, name, codesSuffix))
	if err != nil || mapped == nil {
		return nil, err
	}
	c := newCodes(mapped, m, is)
	if c == nil {
		return nil, unix.Munmap(mapped)
	}
	return c, nil
}

// newCodes takes a file apart; nil when it is not what belongs to m.
func newCodes(mapped []byte, m *matrix, is origin) *codes {
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
	if d.Origin != is || d.Rows != m.rows || d.Dimension != m.dimension {
		return nil
	}
	c := &codes{rows: d.Rows, dimension: d.Dimension, stride: codeStride(d.Dimension), reach: d.Reach, mapped: mapped}
	start := codeHeader + meanSize(d.Dimension)
	if want := start + (d.Rows+blockRows-1)/blockRows*blockSize(c.stride); len(mapped) != want {
		return nil
	}
	c.mean = make([]float32, d.Dimension)
	decodeFloats(c.mean, mapped[codeHeader:codeHeader+4*d.Dimension])
	c.blocks = mapped[start:]
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
func (c *codes) span(row, n int) []byte {
	size := blockSize(c.stride)
	first := row / blockRows
	return c.blocks[first*size : (first+n)*size]
}

// bases gives what the mean adds to each query's cosines.
func (c *codes) bases(qs unitQueries) []float64 {
	out := make([]float64, qs.n)
	for q := range out {
		for j, x := range qs.values[q*qs.stride:][:c.dimension] {
			out[q] += float64(x) * float64(c.mean[j])
		}
	}
	return out
}

// slack bounds how far the float32 cosine of a kernel may lie from the exact one, in whatever
// order it sums: 2^-24 for each of its roundings, on values that add up to 1 at most; the length
// has as many. 2^-18 more is for the few operations that hold a row against the limit, on values
// below 8.
func slack(dimension int) float64 {
	return math.Ldexp(2*float64(dimension+16), -24) + math.Ldexp(1, -18)
}

// limit turns the least cosine that is wanted into what a row's code must reach.
func (c *codes) limit(least float32, base, lost float64) float32 {
	return roundDown(float64(least) - base - lost*c.reach - slack(c.dimension))
}

// bounder says which rows of n blocks may reach the limits of the queries: bit r of
// masks[b*qs.n+q] stands for row r of block b and query q. Rows that the last block lacks may
// pass too.
type bounder func(blocks []byte, n, stride int, qs codeQueries, limits []float32, masks []uint64)

// plainBound is the portable bounder.
func plainBound(blocks []byte, n, stride int, qs codeQueries, limits []float32, masks []uint64) {
	for b := range n {
		block := blocks[b*blockSize(stride):][:blockSize(stride)]
		scales, errs := block[blockRows*stride:], block[blockRows*(stride+4):]
		for q := range qs.n {
			numbers := qs.numbers[q*stride : (q+1)*stride]
			var mask uint64
			for r := range blockRows {
				product := qs.correction[q]
				for j, code := range block[r*stride : (r+1)*stride] {
					product += int32(code) * int32(numbers[j])
				}
				slope := floatAt(scales, r) * qs.unit[q]
				if float32(product)*slope+qs.size[q]*floatAt(errs, r) >= limits[q] {
					mask |= 1 << r
				}
			}
			masks[b*qs.n+q] = mask
		}
	}
}

// floatAt reads one of consecutive float32 values.
func floatAt(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}

// errNotCoded says that vectors cannot be coded; searching does without.
var errNotCoded = errors.New("these vectors cannot be coded")
