package retriever

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rollcall/retriever/names"
)

// nameFinder finds what looks like a person's name: a first name of the lists, perhaps initials or
// further names, and a surname, adjacent and capitalised. A surname that is not in the lists is
// believed only where the sentence supports it.
type nameFinder struct {
	first, last map[string]bool // folded to lower case
}

func newNameFinder() *nameFinder {
	f := &nameFinder{first: map[string]bool{}, last: map[string]bool{}}
	for _, n := range names.First() {
		if n = strings.ToLower(n); !notFirst[n] {
			f.first[n] = true
		}
	}
	for _, n := range names.Surnames() {
		f.last[strings.ToLower(n)] = true
	}
	return f
}

// wordShape is how a word is written.
type wordShape int

const (
	lowerWord   wordShape = iota // paris
	titleWord                    // Paris, McCartney
	capitalWord                  // PARIS
	initialWord                  // P
)

// nameWord is a word of a caption: letters, with apostrophes and hyphens inside.
type nameWord struct {
	start, end int
	lower      string
	shape      wordShape
	dot        bool // a full stop follows
	joined     bool // only a space, or after an initial a full stop and at most a space, stands before it
}

// found is a name in a caption, by byte range.
type found struct{ start, end int }

// find calls visit with every name in the caption, from left to right, none overlapping.
func (f *nameFinder) find(caption string, visit func(found)) {
	words := splitWords(caption)
	shouting := mostlyCapitals(words)
	free := 0 // the first word after the last name
	for i := 0; i < len(words); i++ {
		if n := f.nameAt(words, i, shouting); n > 0 {
			start := f.earlier(words, i, free, shouting)
			free = i + n
			visit(found{words[start].start, words[free-1].end})
			i = free - 1
		}
	}
}

// earlier gives where the name that starts at word i starts when another first name stands before it
// that is too ordinary a word to start one by itself ("Mark Victor Hansen").
func (f *nameFinder) earlier(words []nameWord, i, free int, shouting bool) int {
	if i > free && words[i].joined && nameLike(words[i-1], shouting) && ordinaryFirst[words[i-1].lower] && f.first[words[i-1].lower] {
		return i - 1
	}
	return i
}

// maxMiddle is how many words may stand between first name and surname.
const maxMiddle = 2

// nameAt gives how many words from i on are a name; 0 when none is.
func (f *nameFinder) nameAt(words []nameWord, i int, shouting bool) int {
	w := words[i]
	if !f.first[w.lower] || !nameLike(w, shouting) || ordinaryFirst[w.lower] {
		return 0
	}
	best := 0
	for k := i + 1; k < len(words) && k <= i+1+maxMiddle && words[k].joined; k++ {
		v := words[k]
		switch {
		case v.shape == initialWord:
			continue
		case particles[v.lower]:
			continue
		case !nameLike(v, shouting):
			return best
		case f.surname(words, i, k, shouting):
			return f.longer(words, i, k, shouting) - i + 1
		case !f.first[v.lower] || notSurname[v.lower]:
			return best
		}
	}
	return best
}

// longer gives where the name that ends at word k ends when a further surname follows ("Jamie Lee
// Curtis"): one of the lists, or any where word k is a first name as well.
func (f *nameFinder) longer(words []nameWord, i, k int, shouting bool) int {
	next := k + 1
	if next >= len(words) || !words[next].joined || !nameLike(words[next], shouting) {
		return k
	}
	if (f.first[words[k].lower] || f.last[words[next].lower]) && f.surname(words, i, next, shouting) {
		return next
	}
	return k
}

// surname decides whether word k ends the name that starts at word i.
func (f *nameFinder) surname(words []nameWord, i, k int, shouting bool) bool {
	v := words[k]
	capital := k+1 < len(words) && words[k+1].joined && words[k+1].shape != lowerWord
	if notSurname[v.lower] || lastSurname[v.lower] && (shouting || capital) || len(v.lower) < 3 && !f.last[v.lower] {
		return false
	}
	// "Georgia Avenue Road": a place or a thing is what the words after it say it is.
	if k+1 < len(words) && words[k+1].joined && words[k+1].shape == titleWord && notSurname[words[k+1].lower] {
		return false
	}
	if f.last[v.lower] {
		return true
	}
	if shouting || strings.HasSuffix(v.lower, "ing") || strings.HasSuffix(v.lower, "tion") || strings.HasSuffix(v.lower, "ed") {
		return false
	}
	// An unknown surname amid other capitalised words is more often a title: believed only when
	// the name stands alone or after a comma, "by" or the like.
	before := i > 0 && words[i].joined && words[i-1].shape == titleWord
	after := k+1 < len(words) && words[k+1].joined && words[k+1].shape == titleWord
	return !before && !after
}

// nameLike: a word written as names are. In a caption that is all capitals they are, too.
func nameLike(w nameWord, shouting bool) bool {
	return w.shape == titleWord || shouting && w.shape == capitalWord
}

// mostlyCapitals reports captions that are written in capitals throughout.
func mostlyCapitals(words []nameWord) bool {
	capitals, longer := 0, 0
	for _, w := range words {
		if w.shape != initialWord {
			longer++
			if w.shape == capitalWord {
				capitals++
			}
		}
	}
	return longer >= 2 && capitals*5 >= longer*4
}

// splitWords cuts a caption into words.
func splitWords(caption string) []nameWord {
	var words []nameWord
	for at := 0; at < len(caption); {
		r, size := utf8.DecodeRuneInString(caption[at:])
		if !unicode.IsLetter(r) {
			at += size
			continue
		}
		end := withoutAgency(caption, at, wordEnd(caption, at))
		w := nameWord{start: at, end: end, lower: strings.ToLower(caption[at:end]), shape: shapeOf(caption[at:end])}
		w.lower = strings.TrimSuffix(strings.TrimSuffix(w.lower, "'s"), "’s")
		w.end -= len(caption[at:end]) - len(strings.TrimSuffix(strings.TrimSuffix(caption[at:end], "'s"), "’s"))
		w.dot = strings.HasPrefix(caption[end:], ".")
		if n := len(words); n > 0 {
			w.joined = joined(words[n-1], caption[words[n-1].end:at])
		}
		words = append(words, w)
		at = end
	}
	return words
}

// wordEnd is where the word that starts at at ends. Digits within make it no name.
func wordEnd(caption string, at int) int {
	for at < len(caption) {
		r, size := utf8.DecodeRuneInString(caption[at:])
		next, _ := utf8.DecodeRuneInString(caption[at+size:])
		inner := (r == '\'' || r == '’' || r == '-') && unicode.IsLetter(next)
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && r != '_' && !inner {
			break
		}
		at += size
	}
	return at
}

// withoutAgency ends a word before capitals that hang on it: photographers' credits read "Tim
// Fuller-US PRESSWIRE".
func withoutAgency(caption string, start, end int) int {
	hyphen := start + strings.LastIndexByte(caption[start:end], '-')
	if hyphen > start && shapeOf(caption[start:hyphen]) == titleWord && shapeOf(caption[hyphen+1:end]) == capitalWord {
		return hyphen
	}
	return end
}

// joined: may the two words be of one name, by what stands between them?
func joined(before nameWord, gap string) bool {
	return gap == " " || before.shape == initialWord && (gap == "." || gap == ". ")
}

func shapeOf(word string) wordShape {
	upper, letters, first := 0, 0, false
	for i, r := range word {
		if unicode.IsDigit(r) || r == '_' {
			return lowerWord
		}
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if unicode.IsUpper(r) {
			upper++
			first = first || i == 0
		}
	}
	switch {
	case letters == 1 && upper == 1:
		return initialWord
	case letters > 1 && upper == letters:
		return capitalWord
	case first:
		return titleWord
	}
	return lowerWord
}
