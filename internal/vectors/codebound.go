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
	single    bool // see termPlace
}

// terms are those of block b.
func (rows codeBlocks) terms(b int) []byte {
	return rows.bytes[b*blockSize(rows.stride)+blockRows*rows.stride:][:blockRows*12]
}

// row gives the terms of row r of block b.
func (rows codeBlocks) row(b, r int) rowTerms {
	term := func(i int) float32 { return floatAt(rows.terms(b), termPlace(rows.single, r, i)) }
	return rowTerms{term(0), term(1), term(2)}
}

// goal are queries as codes are held against them: in whole numbers, with their bearings and the
// limits that cosines must reach.
type goal struct {
	numbers
	bearing
	limits []float32
}

// bounder says which rows of blocks may reach the limits of the queries: bit r of masks[b*to.n+q]
// stands for row r of block b and query q, and products[(b*to.n+q)*blockRows+r] is the product of its
// code. Rows that the last block lacks do not pass.
type bounder func(rows codeBlocks, to goal, masks []uint64, products []int32)

// refiner brings those of some rows of a file to the front, in their order, that may reach the limit
// of the one query by both halves of their codes; it says how many they are. products are those of
// the rows' first halves; nil when nobody computed them. The rows' vectors are asked from memory as
// soon as they are known to pass.
type refiner func(in *home, to goal, rows, products []int32) int

// plainHalves is the portable bounder over first halves.
func plainHalves(rows codeBlocks, to goal, masks []uint64, products []int32) {
	plainBound(rows, to, masks, products, plainNibbles)
}

// plainNibbles multiplies a row of halves with numbers.
func plainNibbles(row []byte, numbers []int8) (sum int32) {
	for j, pair := range row {
		first := j/64*128 + j%64
		sum += int32(pair&15)*int32(numbers[first]) + int32(pair>>4)*int32(numbers[first+64])
	}
	return sum
}

// plainBits is the portable bounder over codes of one bit.
func plainBits(rows codeBlocks, to goal, masks []uint64, products []int32) {
	plainBound(rows, to, masks, products, func(row []byte, numbers []int8) (sum int32) {
		for j, eight := range row {
			for ; eight != 0; eight &= eight - 1 {
				sum += int32(numbers[8*j+bits.TrailingZeros8(eight)])
			}
		}
		return sum
	})
}

// plainBound holds rows against limits; multiply multiplies a row's code with numbers.
func plainBound(rows codeBlocks, to goal, masks []uint64, products []int32, multiply func(row []byte, numbers []int8) int32) {
	size := blockSize(rows.stride)
	for b := range rows.n {
		block := rows.bytes[b*size:][:size]
		for q := range to.n {
			var mask uint64
			for r := range blockRows {
				product := 2*multiply(block[r*rows.stride:(r+1)*rows.stride], to.plane[q*to.room:(q+1)*to.room]) + to.correction[q]
				products[(b*to.n+q)*blockRows+r] = product
				if to.upperEnd(q, rows.row(b, r), product) >= to.limits[q] {
					mask |= 1 << r
				}
			}
			masks[b*to.n+q] = mask
		}
	}
}

// plainBytes is the portable refiner.
func plainBytes(in *home, to goal, rows, products []int32) (kept int) {
	high, low := in.codes.tables[0], in.codes.tables[1]
	for i, row := range rows {
		r := int(row) % blockRows
		code := func(t codeTable) []byte { return t.span(int(row), 1).bytes[r*t.stride : (r+1)*t.stride] }
		var first int32
		if products != nil {
			first = products[i]
		} else {
			first = 2*plainNibbles(code(high), to.plane) + to.correction[0]
		}
		product := byBoth(first, plainNibbles(code(low), to.plane), to.correction[0])
		if to.upperEnd(0, low.span(int(row), 1).row(0, r), product) >= to.limits[0] {
			rows[kept] = row
			kept++
		}
	}
	return kept
}

// byBoth is the product of a code of 8 bits, 16*high + low - 128, given that of its first half,
// 2*high - 15, and what its second half adds; -15 times the sum of the query's numbers is the
// correction of first halves.
func byBoth(first, second, correction int32) int32 { return 8*first + second + correction/halfZero*8 }

// upperEnd is the most that the cosine of query q and a row can be, given the product of its code.
func (to goal) upperEnd(q int, row rowTerms, product int32) float32 {
	return float32(product)*(row.scale*to.unit[q]) + (row.offset*to.along[q] + row.err*to.size[q])
}

// floatAt reads one of consecutive float32 values.
func floatAt(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}
