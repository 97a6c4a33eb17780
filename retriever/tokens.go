package retriever

import (
	"encoding/binary"
	"unicode/utf8"
)

// keptLetters bounds the buffers that are kept after a very long caption.
const keptLetters = 1 << 20

// folded is a text as the strict matcher reads it: its folded letters without anything between
// them, and beside them what stood in between. A value is reused from caption to caption.
type folded struct {
	letters  []byte  // UTF-8; 8 zeros after the last, beyond its length
	gaps     []gap   // gaps[i] precedes letters[i]; one more at the end; 0 inside a word
	from, to []int32 // the byte range of the original text that letters[i] came from
	pending  gap
	folder   *folder
	ascii    [utf8.RuneSelf]asciiGlyph
}

// asciiGlyph is what an ASCII character becomes: a folded letter, or 0 and a gap.
type asciiGlyph struct {
	letter byte
	gap    gap
}

func newFolded() *folded {
	t := &folded{folder: newFolder()}
	for c := range t.ascii {
		g := t.folder.glyph(rune(c))
		t.ascii[c].gap = g.gap
		if g.letters != "" {
			t.ascii[c].letter = g.letters[0]
		}
	}
	return t
}

// read folds a caption or an alias. The ranges refer to it, not to what was read from its HTML
// entities.
func (t *folded) read(caption string) {
	if cap(t.letters) > keptLetters {
		t.letters, t.gaps, t.from, t.to = nil, nil, nil, nil
	}
	t.letters, t.gaps = t.letters[:0], t.gaps[:0]
	t.from, t.to = t.from[:0], t.to[:0]
	t.pending = gapEdge
	p := readPlain(caption)
	for i := 0; i < len(p.text); {
		if c := p.text[i]; c < utf8.RuneSelf {
			t.addASCII(c, i)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(p.text[i:])
		t.add(t.folder.glyph(r), i, i+size)
		i += size
	}
	t.gaps = append(t.gaps, t.pending|gapEdge)
	t.letters = append(t.letters, make([]byte, keyBytes)...)[:len(t.letters)]
	if p.from != nil {
		for i := range t.from {
			from, to := p.origin(int(t.from[i]), int(t.to[i]))
			t.from[i], t.to[i] = int32(from), int32(to)
		}
	}
}

func (t *folded) addASCII(c byte, at int) {
	g := t.ascii[c]
	if g.letter == 0 {
		t.addGap(g.gap)
		return
	}
	t.letters = append(t.letters, g.letter)
	t.gaps = append(t.gaps, t.pending)
	t.from, t.to = append(t.from, int32(at)), append(t.to, int32(at+1))
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

// wordBefore gives the letters of the word that ends before letter i.
func (t *folded) wordBefore(i int) []byte {
	lo := i - 1
	for lo > 0 && t.gaps[lo] == 0 {
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

// normalised gives the caption as repeated captions are recognised by: its folded words, one
// space between them.
func (t *folded) normalised(dst []byte) []byte {
	for i, c := range t.letters {
		if t.gaps[i] != 0 && i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, c)
	}
	return dst
}
