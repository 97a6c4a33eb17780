package retriever

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// asciiWords cuts captions into words without folding them in full. One goroutine uses it at a time.
type asciiWords struct {
	fold    [256]byte // lower-case letter or digit; 0 for what is neither
	letters []byte    // of the caption at hand, nothing between them; 8 zeros after the last
	starts  []int32   // where its words start among them
	words   int       // how many words there are
	length  int32     // how many letters
}

// newASCIIWords takes the letters from t, which folds.
func newASCIIWords(t *folded) *asciiWords {
	w := &asciiWords{}
	for c, g := range t.ascii {
		w.fold[c] = g.letter
	}
	return w
}

// read gives false for a caption that is not read letter by letter: one that is not ASCII, or that
// may have an HTML entity.
func (w *asciiWords) read(caption string) bool {
	if strings.IndexByte(caption, '&') >= 0 && strings.IndexByte(caption, ';') >= 0 {
		return false
	}
	if need := len(caption) + keyBytes; len(w.letters) < need || cap(w.letters) > keptLetters {
		w.letters, w.starts = make([]byte, 2*need), make([]int32, 2*need)
	}
	letters, starts := w.letters[:len(caption)+keyBytes], w.starts[:len(caption)+keyBytes]
	var n, words int
	var seen, before byte
	for i := range len(caption) {
		c := caption[i]
		seen |= c
		letter := w.fold[c]
		// All letters and digits have bit 5; a place where it turns on is the start of a word.
		letters[n], starts[words] = letter, int32(n)
		is := letter >> 5 & 1
		n += int(is)
		words += int(is &^ before)
		before = is
	}
	if seen >= utf8.RuneSelf {
		return false
	}
	clear(letters[n : n+keyBytes])
	w.words, w.length = words, int32(n)
	return true
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
			if s.has(next&k.mask) && (k.bytes == keyBytes || w.ends(i, at+k.bytes)) {
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
