package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var errRuns = errors.New("its runs are damaged")

// decodeRuns fills dst from runs of one value and groups of eight packed values of so many bits,
// Parquet's RLE encoding. What the runs say beyond dst is not made: writers fill up the last group.
//
// https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
func decodeRuns[T uint8 | uint32](dst []T, data []byte, width int) error {
	if width > 32 {
		return fmt.Errorf("it has values of %d bits", width)
	}
	for len(dst) > 0 {
		head, n := binary.Uvarint(data)
		switch {
		case n == 0:
			return errShort
		case n < 0:
			return errRuns
		}
		data = data[n:]
		length := head >> 1
		if head&1 == 0 {
			var value [4]byte
			if n := copy(value[:(width+7)/8], data); n < (width+7)/8 {
				return errShort
			}
			data = data[(width+7)/8:]
			run := dst[:min(length, uint64(len(dst)))]
			fill(run, T(binary.LittleEndian.Uint32(value[:])))
			dst = dst[len(run):]
			continue
		}
		run := dst
		if length < uint64(len(dst)+7)/8 {
			run = dst[:length*8]
		}
		if len(data) < (len(run)*width+7)/8 {
			return errShort
		}
		unpack(run, data, width)
		dst = dst[len(run):]
		data = data[min(uint64(len(data)), length*uint64(width)):]
	}
	return nil
}

func fill[T any](dst []T, value T) {
	for i := range dst {
		dst[i] = value
	}
}

// unpack reads values of so many bits, 32 at most, the lowest bits first.
func unpack[T uint8 | uint32](dst []T, data []byte, width int) {
	mask := uint64(1)<<width - 1
	i, bit := 0, 0
	for ; i < len(dst) && bit>>3+8 <= len(data); i++ {
		dst[i] = T(binary.LittleEndian.Uint64(data[bit>>3:]) >> (bit & 7) & mask)
		bit += width
	}
	for ; i < len(dst); i++ {
		dst[i] = T(bitsAt(data, bit, width))
		bit += width
	}
}

// bitsAt reads a value of so many bits, 64 at most, that starts at a bit.
func bitsAt(data []byte, bit, width int) uint64 {
	at, shift := bit>>3, bit&7
	if at+9 > len(data) {
		var b [9]byte
		copy(b[:], data[min(at, len(data)):])
		data, at = b[:], 0
	}
	v := binary.LittleEndian.Uint64(data[at:])>>shift | uint64(data[at+8])<<(64-shift)
	return v & (uint64(1)<<width - 1)
}
