package retriever

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// paperMatcher finds names as the published study did: see Paper.
//
// A "." in a name matches any character, so the automaton looks for the name's longest part
// between full stops; around each occurrence the rest of the name is compared.
type paperMatcher struct {
	screen    *screen // of the words of the automaton
	automaton *automaton
	patterns  [][]paperPattern // by word of the automaton
}

type paperPattern struct {
	person        int32
	before, after string // of the name, around the part that the automaton finds
	found         string
}

func newPaperMatcher(roster *Roster) *paperMatcher {
	byPart := map[string][]paperPattern{}
	for i := range roster.Persons {
		name := roster.Persons[i].Name
		at, part := longestPart(name)
		byPart[part] = append(byPart[part], paperPattern{int32(i), name[:at], name[at+len(part):], part})
	}
	words := slices.Sorted(maps.Keys(byPart))
	m := &paperMatcher{screen: newScreen(words), automaton: newAutomaton(words)}
	for _, w := range words {
		m.patterns = append(m.patterns, byPart[w])
	}
	return m
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
	if !m.screen.anywhere(caption) {
		return nil
	}
	scan(m.automaton, caption, func(word int32, end int) {
		for i := range m.patterns[word] {
			p := &m.patterns[word][i]
			if s.place[p.person] > 0 {
				continue // an earlier place was found already
			}
			from, ok := matchBack(caption[:end-len(p.found)], p.before)
			if !ok {
				continue
			}
			if to, ok := matchAhead(caption, end, p.after); ok {
				s.note(match{person: p.person, start: from, end: to})
			}
		}
	})
	return s.take()
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
