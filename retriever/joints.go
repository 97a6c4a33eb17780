package retriever

import (
	"html"
	"unicode"
	"unicode/utf8"
)

// accepts decides whether what stands before letter i of the text may stand at a place of the
// pattern. j is the pattern's joint there; its gap is 0 inside a word. One of the two has a gap.
func (t *folded) accepts(caption string, i int, j joint, words bool) bool {
	g := t.gaps[i]
	switch {
	case j.gap&gapOther != 0:
		return g != 0 && html.UnescapeString(caption[t.to[i-1]:t.from[i]]) == j.raw
	case j.gap == gapReversed:
		return g&^gapSpace == gapComma
	case g&gapOther != 0:
		return false
	case g != 0 && g == j.gap: // as the roster writes it
		return true
	case g&gapComma != 0:
		return g&^gapSpace == gapComma && (j.gap&gapComma != 0 || j.gap != 0 && generation(t.wordAfter(i)))
	case j.gap == 0:
		return t.splits(i, words && j.initials)
	case g == 0:
		return t.joins(i, j, words)
	}
	return t.separates(i, j)
}

// splits: may a word of the name be written in two parts here? (Initials, "TJ", as "T.J." or "T J";
// "OBrien" as "O'Brien", "Joanne" as "Jo-Anne").
func (t *folded) splits(i int, initials bool) bool {
	switch g := t.gaps[i]; g {
	case gapHyphen:
		return true
	case gapApostrophe:
		return !contraction(t.wordAfter(i))
	case gapDot, gapSpace, gapDot | gapSpace:
		return initials && t.letterBefore(i) && t.letterAfter(i)
	}
	return false
}

// joins: may two parts of the name be written as one word here? ("T.J." as "TJ", "O'Brien" as
// "OBrien", "Jean-Luc" as "JeanLuc"; scripts without spaces always may).
func (t *folded) joins(i int, j joint, words bool) bool {
	switch {
	case j.initials:
		return words
	case j.gap == gapHyphen || j.gap == gapApostrophe:
		return true
	}
	before, _ := utf8.DecodeLastRune(t.letters[:i])
	after, _ := utf8.DecodeRune(t.letters[i:])
	return unspaced(before) && unspaced(after)
}

// separates: the name has a joint and the text has a gap. A full stop ends a sentence unless it
// follows an initial or an abbreviation, or the name has one there itself.
func (t *folded) separates(i int, j joint) bool {
	g := t.gaps[i]
	switch g {
	case gapSpace, gapHyphen, gapApostrophe:
		return true
	case gapSpace | gapHyphen:
		return j.gap&gapHyphen != 0
	case gapSpace | gapApostrophe:
		return j.gap&gapApostrophe != 0
	case gapDot, gapDot | gapSpace, gapDot | gapHyphen:
		return j.gap&gapDot != 0 || t.letterBefore(i) || abbreviation(t.wordBefore(i))
	}
	return false
}

// starts reports whether a name may start at letter i: at a word's start, or where a script that
// needs no spaces stands on either side.
func (t *folded) starts(i int) bool {
	if t.gaps[i] != 0 {
		return true
	}
	before, _ := utf8.DecodeLastRune(t.letters[:i])
	after, _ := utf8.DecodeRune(t.letters[i:])
	return unspaced(before) || unspaced(after) || prefixed(after)
}

// ends reports whether a name may end before letter i. A name whose last word is one letter does
// not end before an apostrophe ("Jess O" in "Jess O'Connor"), unless that is a possessive.
func (t *folded) ends(i int) bool {
	switch t.gaps[i] {
	case gapApostrophe:
		return !t.letterBefore(i) || contraction(t.wordAfter(i))
	case 0:
	default:
		return true
	}
	before, _ := utf8.DecodeLastRune(t.letters[:i])
	after, _ := utf8.DecodeRune(t.letters[i:])
	return unspaced(before) || unspaced(after)
}

// listed reports whether the letters [start,end) that look like a name in "Last, First" order are the
// border of two persons in a list, as "Ryan, James" in "Meg Ryan, James Dean" or "meg ryan, james": a
// first name stands before them, or capitalised words on both sides, with nothing but spaces between.
func (m *strictMatcher) listed(caption string, t *folded, start, end int) bool {
	if t.gaps[start] != gapSpace {
		return false
	}
	word := t.wordBefore(start)
	if m.first[string(word)] && !ordinaryFirst[string(word)] {
		return true
	}
	return t.gaps[end] == gapSpace && capital(caption[t.from[start-len(word)]:]) && capital(caption[t.from[end]:])
}

func capital(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r) || unicode.IsTitle(r)
}

// contraction reports the endings that English writes after an apostrophe.
func contraction(word []byte) bool {
	switch string(word) {
	case "s", "d", "m", "t", "ll", "re", "ve":
		return true
	}
	return false
}

// generation reports the words that may follow a name after a comma ("Robert Downey, Jr.").
func generation(word []byte) bool {
	switch string(word) {
	case "jr", "sr", "ii", "iii", "iv":
		return true
	}
	return false
}

// abbreviation reports the words of names that are written with a full stop which ends nothing.
func abbreviation(word []byte) bool {
	switch string(word) {
	case "dr", "st", "ste", "jr", "sr", "mr", "mrs", "ms", "mme", "prof":
		return true
	}
	return false
}
