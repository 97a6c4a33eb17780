package retriever

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// stretchBytes is how much of a long caption is read at a time; nearly all captions are read as a
	// whole. Three bytes of text can have 33 of letters, and a letter takes ten.
	stretchBytes = 1 << 16

	// nearLetters is how many letters beside a name are kept at hand: more than there are in any word
	// that means something there.
	nearLetters = 256
)

// open begins a text, of which nothing is read yet.
func (t *folded) open(text string) {
	t.text, t.done, t.pending = text, 0, gapEdge
	t.letters, t.gaps = t.letters[:0], append(t.gaps[:0], gapEdge)
	t.from, t.to = t.from[:0], t.to[:0]
}

// read takes a text as a whole, however long.
func (t *folded) read(text string) {
	t.open(text)
	t.extend(len(text))
}

// advance reads the next stretch and reports whether there was one. The letters before i are let go,
// but for those that stand near, and i moves with the others.
func (t *folded) advance(i *int) bool {
	if t.done == len(t.text) {
		return false
	}
	*i -= t.drop(*i - nearLetters)
	t.extend(stretchOf(t.text[t.done:], t.stretch))
	return true
}

// settled gives the letter before which the text is known so far ahead that a name of so many letters
// is seen whole, with what follows it.
func (t *folded) settled(longest int) int {
	if t.done == len(t.text) {
		return len(t.letters)
	}
	return max(0, len(t.letters)-longest-nearLetters)
}

func (t *folded) drop(n int) int {
	if n <= 0 {
		return 0
	}
	t.letters = t.letters[:copy(t.letters, t.letters[n:])]
	t.gaps = t.gaps[:copy(t.gaps, t.gaps[n:])]
	t.from = t.from[:copy(t.from, t.from[n:])]
	t.to = t.to[:copy(t.to, t.to[n:])]
	return n
}

// extend folds the next n bytes. The ranges refer to the text, not to what was read from its HTML
// entities.
func (t *folded) extend(n int) {
	t.gaps = t.gaps[:len(t.letters)]
	p := readPlain(t.text[t.done:t.done+n], t.done)
	for i := 0; i < len(p.text); {
		if c := p.text[i]; c < utf8.RuneSelf {
			from, to := p.origin(i, i+1)
			t.addASCII(c, from, to)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(p.text[i:])
		from, to := p.origin(i, i+size)
		t.add(t.folder.glyph(r), from, to)
		i += size
	}
	t.done += n
	t.gaps = append(t.gaps, t.pending|gapEdge)
	t.letters = append(t.letters, make([]byte, keyBytes)...)[:len(t.letters)]
}

// stretchOf gives how many bytes of a text can be read by themselves: at least size, unless the text
// ends before, up to a place that parts neither an HTML entity nor characters that are composed.
// Where there is none, as in thousands of accents on one letter, it is anywhere.
func stretchOf(text string, size int) int {
	n := 0
	for n < len(text) && n < 2*size {
		_, k := utf8.DecodeRuneInString(text[n:])
		piece := text[n : n+k]
		if piece == "&" {
			k, piece = entity(text[n:])
		}
		if n >= size && norm.NFC.PropertiesString(piece).BoundaryBefore() && norm.NFKC.PropertiesString(piece).BoundaryBefore() {
			return n
		}
		n += k
	}
	return n
}
