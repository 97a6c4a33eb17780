package retriever

import (
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// spelling is one way to write a name, as text that it is found by.
type spelling struct {
	letters string
	start   uint64 // the first 8 bytes of the letters, in an order that sorts as they do
	source
}

// source says where a spelling comes from.
type source struct {
	person, alias int32 // alias 0 is the name itself
	cut           int32 // strict: the letter that the name was turned round at; paper: where the letters are in the name
}

func newSpelling(letters string, from source) spelling {
	var start [keyBytes]byte
	copy(start[:], letters)
	return spelling{letters, binary.BigEndian.Uint64(start[:]), from}
}

func (s *spelling) compare(t *spelling) int {
	switch {
	case s.start < t.start:
		return -1
	case s.start > t.start:
		return 1
	case s.letters != t.letters:
		return strings.Compare(s.letters, t.letters)
	case s.person != t.person:
		return cmp.Compare(s.person, t.person)
	case s.alias != t.alias:
		return cmp.Compare(s.alias, t.alias)
	}
	return cmp.Compare(s.cut, t.cut)
}

// lexicon finds which of many spellings a text has at a place. A look at the text's next bytes turns
// nearly every place away; at the others the spellings are searched by halves. What that costs
// follows the logarithm of their number, and memory their letters.
type lexicon struct {
	screen
	spellings []spelling // in increasing order
	prefix    []int32    // of each, the one before it among those that it starts with or equals, or -1
}

// minShare is how many persons are worth a goroutine of their own.
const minShare = 2048

// newLexicon takes the spellings of the persons, of which spell gives a share at a time: persons
// from number first on. The shares are spelled and sorted side by side.
func newLexicon(persons []Person, spell func(share []Person, first int) []spelling) *lexicon {
	size := max(minShare, (len(persons)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	lists := make([][]spelling, (len(persons)+size-1)/size)
	var work sync.WaitGroup
	for i := range lists {
		work.Go(func() {
			lists[i] = spell(persons[i*size:min(len(persons), (i+1)*size)], i*size)
			slices.SortFunc(lists[i], func(a, b spelling) int { return a.compare(&b) })
		})
	}
	work.Wait()
	for len(lists) > 1 {
		lists = append(lists[2:], merge(lists[0], lists[1]))
	}
	l := &lexicon{spellings: slices.Concat(lists...)}
	work.Go(l.link)
	l.screen = newScreen(l.spellings)
	work.Wait()
	return l
}

// merge makes one sorted list of two.
func merge(a, b []spelling) []spelling {
	all := make([]spelling, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(&b[0]) < 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// link finds the prefix of each spelling: what comes before it and it does not start with is no prefix
// of anything after it.
func (l *lexicon) link() {
	l.prefix = make([]int32, len(l.spellings))
	for i := range l.spellings {
		p := int32(i - 1)
		for p >= 0 && !strings.HasPrefix(l.spellings[i].letters, l.spellings[p].letters) {
			p = l.prefix[p]
		}
		l.prefix[i] = p
	}
}

// at calls found for each spelling that the text starts with. next are the first 8 bytes of the text,
// the first one lowest, and 0 behind its end.
func (l *lexicon) at(text []byte, next uint64, found func(i int32)) {
	for _, k := range l.keys {
		span, ok := l.find(next & k.mask)
		if !ok {
			continue
		}
		// The last spelling up to the text is the longest one that the text starts with, or else has
		// that one as a prefix.
		lo, hi := span.lo, span.hi
		for lo < hi {
			if mid := (lo + hi) / 2; l.spellings[mid].letters <= string(text) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		for i := lo - 1; i >= span.lo; i = l.prefix[i] {
			if letters := l.spellings[i].letters; len(letters) <= len(text) && letters == string(text[:len(letters)]) {
				found(i)
			}
		}
	}
}
