package clip

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// contractions are the English endings that are words of their own.
const contractions = "'s 't 're 've 'm 'll 'd"

// wordLength is the length in bytes of the word at the start of s, which is not empty: an English
// contraction, a run of letters, one number character, or a run of anything else that is not
// space. 0 means that s starts with space.
//
// fold takes the long s (ſ) for an s in contractions, as open_clip's pattern, which ignores case,
// does.
func wordLength(s string, fold bool) int {
	if s[0] == '\'' {
		if n := contraction(s, fold); n > 0 {
			return n
		}
	}
	first, size := utf8.DecodeRuneInString(s)
	switch kind := kindOf(first); kind {
	case space:
		return 0
	case number:
		return size
	default:
		for size < len(s) {
			c, n := utf8.DecodeRuneInString(s[size:])
			if kindOf(c) != kind {
				break
			}
			size += n
		}
		return size
	}
}

// contraction is the length of the contraction at the start of s, or 0.
func contraction(s string, fold bool) int {
	if fold && strings.HasPrefix(s, "'ſ") {
		return len("'ſ")
	}
	for ending := range strings.SplitSeq(contractions, " ") {
		if strings.HasPrefix(s, ending) {
			return len(ending)
		}
	}
	return 0
}

// kind is what a character is to the tokenizer.
type kind uint8

const (
	space kind = iota
	letter
	number
	other
)

func kindOf(c rune) kind {
	switch {
	case c >= 'a' && c <= 'z':
		return letter
	case unicode.IsSpace(c):
		return space
	case unicode.IsLetter(c):
		return letter
	case unicode.IsNumber(c):
		return number
	}
	return other
}
