package retriever

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// each has a byte's value in all 8 bytes of a machine word.
const each = 0x0101010101010101

// asciiWords cuts captions into words without folding them in full. One goroutine uses it at a time.
type asciiWords struct {
	text    []byte  // the caption at hand, and bytes up to a whole block and 8 more
	letters []byte  // its letters, small, nothing between them; 8 zeros after the last
	starts  []int32 // where its words start among them
	words   int     // how many words there are
	length  int32   // how many letters
}

// block is how many bytes of a caption are looked at together, a bit for each.
const block = 64

// read gives false for a caption that is not read letter by letter: one that is not ASCII, or that
// may have an HTML entity.
func (w *asciiWords) read(caption string) bool {
	if strings.IndexByte(caption, '&') >= 0 && strings.IndexByte(caption, ';') >= 0 {
		return false
	}
	size := (len(caption)+block-1)/block*block + keyBytes
	if len(w.text) < size {
		w.text, w.letters, w.starts = make([]byte, 2*size), make([]byte, 2*size), make([]int32, 2*size)
	}
	clear(w.text[copy(w.text, caption):size])
	var n, words int
	var seen, before uint64 // all bytes together; whether the block before ends in a word
	for at := 0; at < len(caption); at += block {
		var is uint64 // the bytes that are letters
		text := w.text[at : at+block+keyBytes]
		for i := 0; i < min(block, len(caption)-at); i += 8 {
			bytes := binary.LittleEndian.Uint64(text[i:])
			seen |= bytes
			is |= lettersIn(bytes) << i
		}
		last := is >> (block - 1)
		for is != 0 { // a run of letters at a time
			from := bits.TrailingZeros64(is)
			run := bits.TrailingZeros64(^(is >> from))
			for i := 0; i < run; i += 8 {
				small := binary.LittleEndian.Uint64(text[from+i:]) | 0x20*each
				binary.LittleEndian.PutUint64(w.letters[n+i:], small)
			}
			w.starts[words] = int32(n)
			if from > 0 || before == 0 { // else the last block's last word goes on
				words++
			}
			n += run
			is &= is + is&-is // a carry through the run, which it takes away
		}
		before = last
	}
	if seen&(utf8.RuneSelf*each) != 0 {
		return false
	}
	clear(w.letters[n : n+keyBytes])
	w.words, w.length = words, int32(n)
	return true
}

// lettersIn gives a bit for each byte of 8 that is an ASCII letter or digit; all bytes are below 0x80.
func lettersIn(bytes uint64) uint64 {
	small := bytes | 0x20*each
	// These sums have the upper bit of a byte from the character named on.
	letter := (small + (0x80-'a')*each) &^ (small + (0x80-'z'-1)*each)
	digit := (bytes + (0x80-'0')*each) &^ (bytes + (0x80-'9'-1)*each)
	// The product gathers the upper bits of the 8 bytes in the uppermost byte.
	return ((letter | digit) >> 7 & each) * 0x0102040810204080 >> 56
}

// anyIn reports whether one of the screen's words may be in the caption, from the start of a word to
// the end of one. Of words longer than a key the end is not looked at.
func (w *asciiWords) anyIn(s *screen) bool {
	for i, at := range w.starts[:w.words] {
		next := binary.LittleEndian.Uint64(w.letters[at:])
		if !s.knows(next) {
			continue
		}
		for _, k := range s.keys {
			if _, ok := s.find(next & k.mask); ok && (k.bytes == keyBytes || w.ends(i, at+k.bytes)) {
				return true
			}
		}
	}
	return false
}

// ends reports whether word i or a later one ends before a letter.
func (w *asciiWords) ends(i int, letter int32) bool {
	for i++; i < w.words; i++ {
		if w.starts[i] >= letter {
			return w.starts[i] == letter
		}
	}
	return w.length == letter
}
