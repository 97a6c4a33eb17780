package vectors

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// bounder says which rows of n blocks may reach the limits of the queries: bit r of
// masks[b*qs.n+q] stands for row r of block b and query q. Rows that the last block lacks do not
// pass. ends, if not nil, gets the most that the cosines can be: ends[(b*qs.n+q)*blockRows+r].
type bounder func(blocks []byte, n, stride int, qs numbers, at bearing, limits []float32, masks []uint64, ends []float32)

// refiner says which rows in mask of one block may reach the limit of query q, by both halves of
// their codes.
type refiner func(high, low []byte, stride int, qs numbers, at bearing, q int, limit float32, mask uint64) uint64

// plainHalves is the portable bounder over first halves.
func plainHalves(blocks []byte, n, stride int, qs numbers, at bearing, limits []float32, masks []uint64, ends []float32) {
	plainBound(blocks, n, stride, qs, at, limits, masks, ends, func(row []byte, numbers []int8) (sum int32) {
		for j, pair := range row {
			first := j/64*128 + j%64
			sum += int32(pair&15)*int32(numbers[first]) + int32(pair>>4)*int32(numbers[first+64])
		}
		return sum
	})
}

// plainBits is the portable bounder over codes of one bit.
func plainBits(blocks []byte, n, stride int, qs numbers, at bearing, limits []float32, masks []uint64, ends []float32) {
	plainBound(blocks, n, stride, qs, at, limits, masks, ends, func(row []byte, numbers []int8) (sum int32) {
		for j, eight := range row {
			for ; eight != 0; eight &= eight - 1 {
				sum += int32(numbers[8*j+bits.TrailingZeros8(eight)])
			}
		}
		return sum
	})
}

// plainBound holds rows against limits; product multiplies a row's code with numbers.
func plainBound(blocks []byte, n, stride int, qs numbers, at bearing, limits []float32, masks []uint64, ends []float32, product func(row []byte, numbers []int8) int32) {
	for b := range n {
		block := blocks[b*blockSize(stride):][:blockSize(stride)]
		for q := range qs.n {
			var mask uint64
			for r := range blockRows {
				sum := 2*product(block[r*stride:(r+1)*stride], qs.plane[q*qs.room:(q+1)*qs.room]) + qs.correction[q]
				end := upperEnd(block[blockRows*stride:], r, sum, qs.unit[q], at.along[q], at.size[q])
				if ends != nil {
					ends[(b*qs.n+q)*blockRows+r] = end
				}
				if end >= limits[q] {
					mask |= 1 << r
				}
			}
			masks[b*qs.n+q] = mask
		}
	}
}

// plainBytes is the portable refiner.
func plainBytes(high, low []byte, stride int, qs numbers, at bearing, q int, limit float32, mask uint64) (passing uint64) {
	wide := qs.wide[q*qs.room : (q+1)*qs.room]
	for ; mask != 0; mask &= mask - 1 {
		r := bits.TrailingZeros64(mask)
		sum := qs.correction[q]
		for j := range stride {
			h, l := high[r*stride+j], low[r*stride+j]
			first := j/64*128 + j%64
			sum += int32(h<<4|l&15)*int32(wide[first]) + int32(h&0xf0|l>>4)*int32(wide[first+64])
		}
		if upperEnd(low[blockRows*stride:], r, sum, qs.unit[q], at.along[q], at.size[q]) >= limit {
			passing |= 1 << r
		}
	}
	return passing
}

// upperEnd is the most that the cosine of row r of a block can be, given the product of its code.
func upperEnd(terms []byte, r int, product int32, unit, along, size float32) float32 {
	scale, offset, err := floatAt(terms, r), floatAt(terms, blockRows+r), floatAt(terms, 2*blockRows+r)
	return float32(product)*(scale*unit) + (offset*along + err*size)
}

// floatAt reads one of consecutive float32 values.
func floatAt(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}
