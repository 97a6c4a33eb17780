package retriever

import "math/bits"

// keyBytes is how much of a word the screen looks at: what fits a machine word.
const keyBytes = 8

// bitsAKey is how many bits of the screen's bitmap there are for each key, at least. With 16, one
// place in 16 that starts no name is looked up in the table; those of 100,000 names are 512 KiB,
// which a core keeps near.
const bitsAKey = 16

// screen tells places of a text that cannot start any of many spellings from those worth a close look.
// It holds their first bytes, at most 8, and never turns away a place that starts one.
type screen struct {
	firsts [256]bool    // bytes that spellings start with
	stems  [1024]uint64 // bitmap of the hashes of the spellings' first stem bytes: what is near at hand
	stem   uint64       // mask of so many bytes
	keys   []keyLength  // the lengths that there are, longest first
	bitmap []uint64     // of the keys' hashes
	table  []keyed      // the keys, by open addressing
	shift  int          // of a hash, to its place in the table
}

// stemBytes is how many bytes of a word are looked at first, if all spellings have that many. Names have
// few different ones, however many names there are.
const stemBytes = 4

// keyLength is a number of bytes, and the bits of a machine word that they fill.
type keyLength struct {
	bytes int32
	mask  uint64
}

// keyed are the spellings from lo up to hi, which start with the same key.
type keyed struct {
	key    uint64
	lo, hi int32 // hi is 0 where the table is free
}

// newScreen takes spellings in increasing order, none of them empty.
func newScreen(sorted []spelling) screen {
	size := max(64, 1<<bits.Len(uint(2*len(sorted)-1))) // at most half of the table is used
	s := screen{
		bitmap: make([]uint64, size*bitsAKey/2/64), table: make([]keyed, size), shift: 64 - bits.TrailingZeros(uint(size)),
	}
	var lengths [keyBytes + 1]bool
	for i := range sorted {
		lengths[min(len(sorted[i].letters), keyBytes)] = true
	}
	for n := keyBytes; n > 0; n-- {
		if lengths[n] {
			s.keys = append(s.keys, keyLength{int32(n), ^uint64(0) >> (64 - 8*n)})
			s.stem = ^uint64(0) >> (64 - 8*min(n, stemBytes))
		}
	}
	for lo := 0; lo < len(sorted); {
		start, hi := sorted[lo].start, lo+1
		for hi < len(sorted) && sorted[hi].start == start {
			hi++
		}
		s.insert(keyed{bits.ReverseBytes64(start), int32(lo), int32(hi)})
		lo = hi
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

func (s *screen) insert(k keyed) {
	s.firsts[byte(k.key)] = true
	b := keyHash(k.key&s.stem) >> 48
	s.stems[b>>6] |= 1 << (b & 63)
	h := keyHash(k.key)
	s.bitmap[s.bit(h)>>6] |= 1 << (s.bit(h) & 63)
	i := h >> s.shift
	for s.table[i].hi != 0 {
		i = (i + 1) & uint64(len(s.table)-1)
	}
	s.table[i] = k
}

// find gives the spellings that start with a key.
func (s *screen) find(key uint64) (span keyed, ok bool) {
	h := keyHash(key)
	if b := s.bit(h); s.bitmap[b>>6]>>(b&63)&1 == 0 {
		return keyed{}, false
	}
	for i := h >> s.shift; s.table[i].hi != 0; i = (i + 1) & uint64(len(s.table)-1) {
		if s.table[i].key == key {
			return s.table[i], true
		}
	}
	return keyed{}, false
}
