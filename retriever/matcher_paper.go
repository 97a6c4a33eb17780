package retriever

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// paperMatcher finds names as the published study did: see Paper.
//
// A "." in a name matches any character, so the lexicon has the name's longest part between full
// stops; around each occurrence the rest of the name is compared.
type paperMatcher struct {
	*lexicon
	persons []Person
}

func newPaperMatcher(roster *Roster) *paperMatcher {
	return &paperMatcher{newLexicon(roster.Persons, paperSpellings), roster.Persons}
}

func paperSpellings(share []Person, first int) []spelling {
	all := make([]spelling, len(share))
	for i := range share {
		at, part := longestPart(share[i].Name)
		all[i] = newSpelling(part, source{person: int32(first + i), cut: int32(at)})
	}
	return all
}

// longestPart gives the longest part of a name between full stops, the first of equals, and where
// it starts.
func longestPart(name string) (at int, part string) {
	next := 0
	for p := range strings.SplitSeq(name, ".") {
		if len(p) > len(part) {
			at, part = next, p
		}
		next += len(p) + 1
	}
	return at, part
}

func (m *paperMatcher) find(caption string, s *scratch) []match {
	s.padded = append(append(s.padded[:0], caption...), make([]byte, keyBytes)...)
	for start := range len(caption) {
		if !m.firsts[s.padded[start]] {
			continue
		}
		next := binary.LittleEndian.Uint64(s.padded[start:])
		if !m.knows(next) {
			continue
		}
		m.at(s.padded[start:len(caption)], next, func(k int32) { m.compare(caption, &m.spellings[k], start, s) })
	}
	return s.take()
}

// compare notes the name whose longest part is at start in the caption, if the rest is around it.
func (m *paperMatcher) compare(caption string, part *spelling, start int, s *scratch) {
	if s.place[part.person] > 0 {
		return // an earlier place was found already
	}
	name, end := m.persons[part.person].Name, start+len(part.letters)
	lo, ok := matchBack(caption[:start], name[:part.cut])
	if !ok {
		return
	}
	if hi, ok := matchAhead(caption, end, name[int(part.cut)+len(part.letters):]); ok {
		s.note(match{person: part.person, start: lo, end: hi})
	}
}

// matchAhead compares caption from at on with the pattern, in which "." is any character but a
// line feed, and gives where it ends.
func matchAhead(caption string, at int, pattern string) (int, bool) {
	for i, part := range strings.Split(pattern, ".") {
		if i > 0 {
			r, size := utf8.DecodeRuneInString(caption[at:])
			if size == 0 || r == '\n' {
				return 0, false
			}
			at += size
		}
		if !strings.HasPrefix(caption[at:], part) {
			return 0, false
		}
		at += len(part)
	}
	return at, true
}

// matchBack compares the end of the caption with the pattern and gives where it starts.
func matchBack(caption, pattern string) (int, bool) {
	parts := strings.Split(pattern, ".")
	slices.Reverse(parts)
	for i, part := range parts {
		if i > 0 {
			r, size := utf8.DecodeLastRuneInString(caption)
			if size == 0 || r == '\n' {
				return 0, false
			}
			caption = caption[:len(caption)-size]
		}
		if !strings.HasSuffix(caption, part) {
			return 0, false
		}
		caption = caption[:len(caption)-len(part)]
	}
	return len(caption), true
}
