package retriever

import (
	"cmp"
	"encoding/binary"
	"runtime"
	"strings"
	"sync"

	"slices"
)

// source says where a word of a lexicon comes from.
type source struct {
	person, alias int32 // alias 0 is the name itself
	cut           int32 // strict: the letter that the name was turned round at; paper: where the word is in the name
}

// spelling is one way to write a name, as text that it is found by.
type spelling struct {
	letters string
	start   uint64 // the first 8 bytes of the letters, in an order that sorts as they do
	source
}

func newSpelling(letters string, from source) spelling {
	var start [keyBytes]byte
	copy(start[:], letters)
	return spelling{letters, binary.BigEndian.Uint64(start[:]), from}
}

func (s spelling) compare(t spelling) int {
	switch {
	case s.start != t.start:
		return cmp.Compare(s.start, t.start)
	case s.letters != t.letters:
		return strings.Compare(s.letters, t.letters)
	case s.person != t.person:
		return cmp.Compare(s.person, t.person)
	case s.alias != t.alias:
		return cmp.Compare(s.alias, t.alias)
	}
	return cmp.Compare(s.cut, t.cut)
}

// lexicon finds which of many words a text has at a place. A look at the text's next bytes turns
// nearly every place away; at the others the words are searched by halves. What that costs follows
// the logarithm of the number of words, and memory their letters.
type lexicon struct {
	screen
	words   []string // in increasing order
	prefix  []int32  // of each word, the longest other word that it starts with, or -1
	sources []source // of one word after the other
	first   []int32  // of each word, its first source; one more at the end
}

// minShare is how many persons are worth a goroutine of their own.
const minShare = 2048

// newLexicon takes the spellings of the persons, of which spell gives a share at a time: persons
// from number first on. The shares are spelled and sorted side by side.
func newLexicon(persons []Person, spell func(share []Person, first int) []spelling) *lexicon {
	size := max(minShare, (len(persons)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	lists := make([][]spelling, (len(persons)+size-1)/size)
	var shares sync.WaitGroup
	for i := range lists {
		shares.Go(func() {
			lists[i] = spell(persons[i*size:min(len(persons), (i+1)*size)], i*size)
			slices.SortFunc(lists[i], spelling.compare)
		})
	}
	shares.Wait()
	for len(lists) > 1 {
		lists = append(lists[2:], merge(lists[0], lists[1]))
	}
	return indexSpellings(lists[0])
}

// merge makes one sorted list of two.
func merge(a, b []spelling) []spelling {
	all := make([]spelling, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(b[0]) < 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}

func indexSpellings(sorted []spelling) *lexicon {
	l := &lexicon{sources: make([]source, len(sorted))}
	for i, s := range sorted {
		if n := len(l.words); n == 0 || l.words[n-1] != s.letters {
			l.words, l.first = append(l.words, s.letters), append(l.first, int32(i))
		}
		l.sources[i] = s.source
	}
	l.first = append(l.first, int32(len(sorted)))
	l.prefix = make([]int32, len(l.words))
	for i, word := range l.words {
		p := int32(i - 1)
		for p >= 0 && !strings.HasPrefix(word, l.words[p]) {
			p = l.prefix[p]
		}
		l.prefix[i] = p
	}
	l.screen = newScreen(l.words)
	return l
}

// at calls found for each word that the text starts with. next are the first 8 bytes of the text,
// the first one lowest, and 0 behind its end.
func (l *lexicon) at(text []byte, next uint64, found func(word int32)) {
	for _, k := range l.keys {
		span, ok := l.find(next & k.mask)
		if !ok {
			continue
		}
		// The last word up to the text is the longest one that the text starts with, or else starts
		// with that one itself.
		lo, hi := span.lo, span.hi
		for lo < hi {
			if mid := (lo + hi) / 2; l.words[mid] <= string(text) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		for w := lo - 1; w >= span.lo; w = l.prefix[w] {
			if word := l.words[w]; len(word) <= len(text) && word == string(text[:len(word)]) {
				found(w)
			}
		}
	}
}

// of gives where a word comes from.
func (l *lexicon) of(word int32) []source {
	return l.sources[l.first[word]:l.first[word+1]]
}
