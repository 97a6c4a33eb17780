package vectors

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// codeBlocks are n blocks of one table of codes, of stride bytes a row.
type codeBlocks struct {
	bytes     []byte
	n, stride int
}

// goal are queries as codes are held against them: in whole numbers, with their bearings and the
// limits that cosines must reach.
type goal struct {
	numbers
	bearing
	limits []float32
}

// bounder says which rows of blocks may reach the limits of the queries: bit r of masks[b*to.n+q]
// stands for row r of block b and query q. Rows that the last block lacks do not pass. ends, if not
// nil, gets the most that the cosines can be: ends[(b*to.n+q)*blockRows+r].
type bounder func(rows codeBlocks, to goal, masks []uint64, ends []float32)

// refiner brings those of some rows of a file to the front, in their order, that may reach the limit
// of the one query by both halves of their codes; it says how many they are.
type refiner func(high, low codeTable, to goal, rows []int32) int

// plainHalves is the portable bounder over first halves.
func plainHalves(rows codeBlocks, to goal, masks []uint64, ends []float32) {
	plainBound(rows, to, masks, ends, func(row []byte, numbers []int8) (sum int32) {
		for j, pair := range row {
			first := j/64*128 + j%64
			sum += int32(pair&15)*int32(numbers[first]) + int32(pair>>4)*int32(numbers[first+64])
		}
		return sum
	})
}

// plainBits is the portable bounder over codes of one bit.
func plainBits(rows codeBlocks, to goal, masks []uint64, ends []float32) {
	plainBound(rows, to, masks, ends, func(row []byte, numbers []int8) (sum int32) {
		for j, eight := range row {
			for ; eight != 0; eight &= eight - 1 {
				sum += int32(numbers[8*j+bits.TrailingZeros8(eight)])
			}
		}
		return sum
	})
}

// plainBound holds rows against limits; product multiplies a row's code with numbers.
func plainBound(rows codeBlocks, to goal, masks []uint64, ends []float32, product func(row []byte, numbers []int8) int32) {
	size := blockSize(rows.stride)
	for b := range rows.n {
		block := rows.bytes[b*size:][:size]
		for q := range to.n {
			var mask uint64
			for r := range blockRows {
				sum := 2*product(block[r*rows.stride:(r+1)*rows.stride], to.plane[q*to.room:(q+1)*to.room]) + to.correction[q]
				end := to.upperEnd(q, block[blockRows*rows.stride:], r, sum)
				if ends != nil {
					ends[(b*to.n+q)*blockRows+r] = end
				}
				if end >= to.limits[q] {
					mask |= 1 << r
				}
			}
			masks[b*to.n+q] = mask
		}
	}
}

// plainBytes is the portable refiner.
func plainBytes(high, low codeTable, to goal, rows []int32) (kept int) {
	for _, row := range rows {
		first, second, r := high.span(int(row), 1).bytes, low.span(int(row), 1).bytes, int(row)%blockRows
		sum := to.correction[0]
		for j := range low.stride {
			h, l := first[r*low.stride+j], second[r*low.stride+j]
			at := j/64*128 + j%64
			sum += int32(h<<4|l&15)*int32(to.wide[at]) + int32(h&0xf0|l>>4)*int32(to.wide[at+64])
		}
		if to.upperEnd(0, second[blockRows*low.stride:], r, sum) >= to.limits[0] {
			rows[kept] = row
			kept++
		}
	}
	return kept
}

// upperEnd is the most that the cosine of query q and row r of a block can be, given the product of
// its code.
func (to goal) upperEnd(q int, terms []byte, r int, product int32) float32 {
	scale, offset, err := floatAt(terms, r), floatAt(terms, blockRows+r), floatAt(terms, 2*blockRows+r)
	return float32(product)*(scale*to.unit[q]) + (offset*to.along[q] + err*to.size[q])
}

// floatAt reads one of consecutive float32 values.
func floatAt(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}
