package clip

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lower is Python's str.lower: simple lower case, but U+0130 becomes "i" with a dot above and a
// capital sigma at the end of a word becomes ς.
func lower(s string) string {
	if !strings.ContainsAny(s, "\u0130Σ") {
		return strings.ToLower(s)
	}
	var out strings.Builder
	for i, c := range s {
		switch {
		case c == '\u0130':
			out.WriteString("i\u0307")
		case c == 'Σ' && endsWord(s, i):
			out.WriteRune('ς')
		default:
			out.WriteRune(unicode.ToLower(c))
		}
	}
	return out.String()
}

// lowerPlain lowers each character by itself, without the final sigma, as Hugging Face's
// tokenizers do.
func lowerPlain(s string) string {
	return lower(strings.ReplaceAll(s, "Σ", "σ"))
}

// endsWord reports whether the sigma at s[i] has a cased letter before it and none after it, where
// characters that do not matter for case are skipped (Unicode, Final_Sigma).
func endsWord(s string, i int) bool {
	before := strings.TrimRightFunc(s[:i], caseIgnorable)
	last, _ := utf8.DecodeLastRuneInString(before)
	if before == "" || !cased(last) {
		return false
	}
	after := strings.TrimLeftFunc(s[i+len("Σ"):], caseIgnorable)
	first, _ := utf8.DecodeRuneInString(after)
	return after == "" || !cased(first)
}

func cased(c rune) bool {
	return unicode.In(c, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

// caseIgnorable is Unicode's Case_Ignorable: marks, format characters, modifiers, and the
// punctuation that may stand inside a word.
func caseIgnorable(c rune) bool {
	const insideWords = "'.:·\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a"
	return unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) ||
		strings.ContainsRune(insideWords, c)
}
