package retriever

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxInitials is how many letters that are written as one word may be initials ("JRR Tolkien").
const maxInitials = 3

// initials gives the letters before which a name has one initial beside another in a word, such as the
// J of "TJ Thyne". Initials are two or three capitals in a name that has small letters too; in a name
// that is written in one case, two or three letters none of which is a vowel. Any other word is a
// word: "Ann Lee" is not "A. N. N. Lee".
func (t *folded) initials() map[int]bool {
	small := strings.ContainsFunc(t.text, unicode.IsLower)
	large := strings.ContainsFunc(t.text, unicode.IsUpper)
	at := map[int]bool{}
	for lo := 0; lo < len(t.letters); {
		hi := lo + len(t.wordAfter(lo))
		word := t.text[t.from[lo]:t.to[hi-1]]
		if n := utf8.RuneCount(t.letters[lo:hi]); n > 1 && n <= maxInitials && allInitials(word, small && large) {
			for i := range string(t.letters[lo:hi]) {
				at[lo+i] = i > 0
			}
		}
		lo = hi
	}
	return at
}

// allInitials reports whether each letter of the word may be an initial, mixed in a name of large and
// small letters.
func allInitials(word string, mixed bool) bool {
	return !strings.ContainsFunc(word, func(r rune) bool {
		if mixed {
			return !unicode.IsUpper(r)
		}
		return !unicode.IsUpper(r) && !unicode.IsLower(r) || strings.ContainsRune("aeiouyAEIOUY", r)
	})
}
