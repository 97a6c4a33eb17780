package retriever

import (
	"encoding/binary"
	"math/bits"
)

// keyBytes is how much of a string the screen looks at: what fits a machine word.
const keyBytes = 8

// bitsAKey is how many bits of the screen's bitmap there are for each key, at least. With 16, one
// place in 16 that starts no name is looked up in the table; those of 100,000 names are 512 KiB,
// which a core keeps near.
const bitsAKey = 16

// screen tells texts that cannot have any of many words from those worth a close look. It holds
// the words' first bytes, at most 8, and never turns away a text that has one of the words.
type screen struct {
	firsts [256]bool    // bytes that words start with
	stems  [1024]uint64 // bitmap of the hashes of the words' first stem bytes: what is near at hand
	stem   uint64       // mask of so many bytes
	keys   []keyLength  // the lengths that there are, longest first
	bitmap []uint64     // of the keys' hashes
	table  []uint64     // the keys, by open addressing; 0 is free
	shift  int          // of a hash, to its place in the table
}

// stemBytes is how many bytes of a word are looked at first, if all words have that many. Names have
// few different ones, however many names there are.
const stemBytes = 4

// keyLength is a number of bytes, and the bits of a machine word that they fill.
type keyLength struct {
	bytes int32
	mask  uint64
}

// newScreen takes non-empty words.
func newScreen(words []string) *screen {
	size := max(64, 1<<bits.Len(uint(2*len(words)-1))) // at most half of the table is used
	s := &screen{
		bitmap: make([]uint64, size*bitsAKey/2/64), table: make([]uint64, size), shift: 64 - bits.TrailingZeros(uint(size)),
	}
	var lengths [keyBytes + 1]bool
	for _, w := range words {
		lengths[min(len(w), keyBytes)] = true
	}
	for n := keyBytes; n > 0; n-- {
		if lengths[n] {
			s.keys = append(s.keys, keyLength{int32(n), ^uint64(0) >> (64 - 8*n)})
			s.stem = ^uint64(0) >> (64 - 8*min(n, stemBytes))
		}
	}
	for _, w := range words {
		var key [keyBytes]byte
		copy(key[:], w)
		s.firsts[w[0]] = true
		s.insert(binary.LittleEndian.Uint64(key[:]))
	}
	return s
}

// keyHash spreads a key over the upper bits (Fibonacci hashing).
func keyHash(key uint64) uint64 { return (key ^ key>>29) * 0x9E3779B97F4A7C15 }

// bit is a hash's place in the bitmap.
func (s *screen) bit(hash uint64) uint64 { return hash >> (s.shift - bits.TrailingZeros(bitsAKey/2)) }

// knows reports whether a word starts like the text of which next has the first 8 bytes, so far as
// the first few tell.
func (s *screen) knows(next uint64) bool {
	b := keyHash(next&s.stem) >> 48
	return s.stems[b>>6]>>(b&63)&1 != 0
}

func (s *screen) insert(key uint64) {
	b := keyHash(key&s.stem) >> 48
	s.stems[b>>6] |= 1 << (b & 63)
	h := keyHash(key)
	s.bitmap[s.bit(h)>>6] |= 1 << (s.bit(h) & 63)
	i := h >> s.shift
	for s.table[i] != 0 && s.table[i] != key {
		i = (i + 1) & uint64(len(s.table)-1)
	}
	s.table[i] = key
}

// has reports whether a key is one of the screen's.
func (s *screen) has(key uint64) bool {
	h := keyHash(key)
	b := s.bit(h)
	return s.bitmap[b>>6]>>(b&63)&1 != 0 && s.holds(key, h)
}

func (s *screen) holds(key, hash uint64) bool {
	for i := hash >> s.shift; s.table[i] != 0; i = (i + 1) & uint64(len(s.table)-1) {
		if s.table[i] == key {
			return true
		}
	}
	return false
}

// anywhere reports whether one of the words may be in the text.
func (s *screen) anywhere(text string) bool {
	next := uint64(0) // the 8 bytes from i on, the first in the lowest bits
	for i := range min(len(text), keyBytes) {
		next |= uint64(text[i]) << (8 * i)
	}
	for i := range len(text) {
		if s.firsts[byte(next)] && s.knows(next) {
			for _, k := range s.keys {
				if key := next & k.mask; key == 0 || s.has(key) { // 0 cannot be told from no key
					return true
				}
			}
		}
		next >>= 8
		if i+keyBytes < len(text) {
			next |= uint64(text[i+keyBytes]) << 56
		}
	}
	return false
}
