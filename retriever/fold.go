package retriever

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// gap says what stands between two letters of a text; several bits may be set.
type gap uint8

const (
	gapSpace      gap = 1 << iota // white space, an underscore, a zero-width space
	gapDot                        // one full stop
	gapApostrophe                 // one apostrophe, straight, curly or a modifier letter
	gapHyphen                     // one hyphen, en dash or middle dot
	gapComma                      // one comma
	gapOther                      // any other mark, or a mark repeated
	gapEdge                       // the start or the end of the text
	gapReversed                   // only in patterns: the comma of "Last, First", which must be there
)

// glyph is what one character becomes: letters, or a gap, or (both empty) nothing at all.
type glyph struct {
	letters string // folded; "" for what is no letter or digit
	gap     gap
}

// folder folds characters one by one. It remembers each different non-ASCII character it met, so
// its memory follows the alphabet. One goroutine uses it at a time.
type folder struct {
	caser cases.Caser
	known map[rune]glyph
}

func newFolder() *folder {
	return &folder{caser: cases.Fold(), known: map[rune]glyph{}}
}

// glyph folds r: compatibility decomposition (NFKD), marks stripped where they only accent a
// letter, the letters that NFKD leaves whole (ø, ł, đ, ß, æ, œ and the like) spelled in ASCII, full
// case folding. Digits are letters here.
func (f *folder) glyph(r rune) glyph {
	g, ok := f.known[r]
	if !ok {
		g = f.fold(r)
		f.known[r] = g
	}
	return g
}

func (f *folder) fold(r rune) glyph {
	switch {
	case gapOf(r) != 0:
		return glyph{gap: gapOf(r)}
	case ignorable(r):
		return glyph{}
	case !wordRune(r):
		return glyph{gap: gapOther}
	}
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		if !ignorable(d) && wordRune(d) {
			b.WriteString(spell(d))
		}
	}
	return glyph{letters: norm.NFC.String(f.caser.String(b.String()))}
}

func gapOf(r rune) gap {
	switch r {
	case '_', '\u200b':
		return gapSpace
	case '.', '\uff0e', '\u2024':
		return gapDot
	case '\'', '`', '\u00b4', '\u2018', '\u2019', '\u201b', '\u2032', '\uff07', '\u02b9', '\u02bb',
		'\u02bc', '\u02bd', '\u02be', '\u02bf', '\ua78c', '\u055a', '\u05f3':
		return gapApostrophe
	case '-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2212', '\ufe63', '\uff0d',
		'\u00b7', '\u30fb', '\uff65', '\u2027', '\u05be':
		return gapHyphen
	case ',', '\uff0c', '\u060c', '\u3001':
		return gapComma
	}
	if unicode.IsSpace(r) {
		return gapSpace
	}
	return 0
}

// ignorable reports the characters that a reader does not see or that only accent a letter:
// formatting characters, the Arabic tatweel, and marks. Marks that are letters of their script
// (vowel signs in India's and South-East Asia's, the kana voicing marks) stay, because without
// them two different names would be one.
func ignorable(r rune) bool {
	switch {
	case r == '\u0640' || unicode.Is(unicode.Cf, r) && r != '\u200b':
		return true
	case r == '\u3099' || r == '\u309a' || !unicode.IsMark(r):
		return false
	}
	return unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic,
		unicode.Hebrew, unicode.Syriac)
}

// wordRune reports letters, letter-like marks, decimal digits and letter numbers ("Ⅷ"). Symbols
// and superscripts are not: the name in "Eric Godot™" and "Eric Godot²" ends before them.
func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.In(r, unicode.Nd, unicode.Nl)
}

// spell writes the Latin letters that Unicode does not decompose in ASCII.
func spell(r rune) string {
	switch r {
	case 'ø', 'Ø':
		return "o"
	case 'ł', 'Ł':
		return "l"
	case 'đ', 'Đ', 'ð', 'Ð', 'ɗ', 'Ɗ':
		return "d"
	case 'ı':
		return "i"
	case 'ħ', 'Ħ':
		return "h"
	case 'ŧ', 'Ŧ':
		return "t"
	case 'ŋ', 'Ŋ':
		return "n"
	case 'ɓ', 'Ɓ':
		return "b"
	case 'ƙ', 'Ƙ', 'ĸ':
		return "k"
	case 'ƴ', 'Ƴ':
		return "y"
	case 'æ', 'Æ':
		return "ae"
	case 'œ', 'Œ':
		return "oe"
	case 'ß', 'ẞ':
		return "ss"
	case 'þ', 'Þ':
		return "th"
	}
	return string(r)
}

// unspaced reports the scripts that write words without spaces between them, or glue particles
// to them: a name in one of these needs no boundary.
func unspaced(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	return r == '\u30fc' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Bopomofo, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Yi)
}

// prefixed reports the scripts that write "and", "in", "to" as a letter glued to the front of the
// next word: a name in one of these needs no boundary before it, but one after it.
func prefixed(r rune) bool {
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac)
}
