package retriever

import (
	"encoding/binary"
	"unicode/utf8"
)

// folded is a text as the strict matcher reads it: its folded letters without anything between
// them, and beside them what stood in between. A value is reused from caption to caption. Of a long
// caption it holds a stretch at a time: see advance.
type folded struct {
	letters  []byte  // UTF-8; 8 zeros after the last, beyond its length
	gaps     []gap   // gaps[i] precedes letters[i]; one more at the end; 0 inside a word
	from, to []int32 // the byte range of the original text that letters[i] came from
	pending  gap
	text     string // the original
	done     int    // bytes of it that were read
	stretch  int    // bytes that are read at a time
	folder   *folder
	ascii    [utf8.RuneSelf]asciiGlyph
}

// asciiGlyph is what an ASCII character becomes: a folded letter, or 0 and a gap.
type asciiGlyph struct {
	letter byte
	gap    gap
}

func newFolded() *folded {
	t := &folded{folder: newFolder(), stretch: stretchBytes}
	for c := range t.ascii {
		g := t.folder.glyph(rune(c))
		t.ascii[c].gap = g.gap
		if g.letters != "" {
			t.ascii[c].letter = g.letters[0]
		}
	}
	return t
}

func (t *folded) addASCII(c byte, from, to int) {
	g := t.ascii[c]
	if g.letter == 0 {
		t.addGap(g.gap)
		return
	}
	t.letters = append(t.letters, g.letter)
	t.gaps = append(t.gaps, t.pending)
	t.from, t.to = append(t.from, int32(from)), append(t.to, int32(to))
	t.pending = 0
}

func (t *folded) add(g glyph, from, to int) {
	switch {
	case g.gap != 0:
		t.addGap(g.gap)
	case g.letters != "":
		for i := range len(g.letters) {
			t.letters = append(t.letters, g.letters[i])
			t.gaps = append(t.gaps, t.pending)
			t.from, t.to = append(t.from, int32(from)), append(t.to, int32(to))
			t.pending = 0
		}
	case t.pending == 0 && len(t.to) > 0:
		t.to[len(t.to)-1] = int32(to) // an accent belongs to the letter before it
	}
}

// addGap notes a mark. The same mark twice ("...", "--") is no longer a hyphen or a full stop.
func (t *folded) addGap(g gap) {
	if g != gapSpace && t.pending&g != 0 {
		g = gapOther
	}
	t.pending |= g
}

// next gives 8 bytes of the letters from letter i on, the first one lowest.
func (t *folded) next(i int) uint64 {
	return binary.LittleEndian.Uint64(t.letters[i : i+keyBytes])
}

// letterBefore reports whether the word that ends before letter i is a single letter, an initial.
func (t *folded) letterBefore(i int) bool {
	r, size := utf8.DecodeLastRune(t.letters[:i])
	return size > 0 && t.gaps[i-size] != 0 && !unspaced(r)
}

// letterAfter reports whether the word that starts with letter i is a single letter.
func (t *folded) letterAfter(i int) bool {
	r, size := utf8.DecodeRune(t.letters[i:])
	return size > 0 && t.gaps[i+size] != 0 && !unspaced(r)
}

// wordBefore gives the letters of the word that ends before letter i; of a longer one the last
// nearLetters.
func (t *folded) wordBefore(i int) []byte {
	lo := i - 1
	for lo > max(0, i-nearLetters) && t.gaps[lo] == 0 {
		lo--
	}
	return t.letters[lo:i]
}

// wordAfter gives the letters of the word that starts with letter i.
func (t *folded) wordAfter(i int) []byte {
	hi := i + 1
	for t.gaps[hi] == 0 {
		hi++
	}
	return t.letters[i:hi]
}

// normalised appends the letters from letter i on as repeated captions are recognised by: words,
// one space between them.
func (t *folded) normalised(dst []byte, i int) []byte {
	for ; i < len(t.letters); i++ {
		if g := t.gaps[i]; g != 0 && g&gapEdge == 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, t.letters[i])
	}
	return dst
}
