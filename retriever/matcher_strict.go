package retriever

import (
	"cmp"
	"slices"
	"strings"
)

// strictMatcher finds names as a reader would: see Strict.
//
// All letters of the caption, folded and without what stands between them, go through one
// automaton that knows the letters of every spelling; each candidate is then checked for where
// its words start and end and for what stands between them.
type strictMatcher struct {
	screen    *screen // of the words of the automaton
	automaton *automaton
	letters   []int32     // letters of each word of the automaton
	patterns  [][]pattern // what each word of the automaton may stand for
}

func newStrictMatcher(roster *Roster) *strictMatcher {
	t := newFolded()
	all := make([]spelling, 0, 2*len(roster.Persons)) // first and last name, in both orders
	for i := range roster.Persons {
		for k, alias := range roster.Persons[i].names() {
			for _, s := range spellings(t, alias) {
				s.person, s.alias, s.order = int32(i), int32(k), int32(len(all))
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b spelling) int {
		return cmp.Or(strings.Compare(a.letters, b.letters), cmp.Compare(a.order, b.order))
	})
	m := &strictMatcher{}
	var words []string
	for i := range all {
		s := &all[i]
		if len(words) == 0 || words[len(words)-1] != s.letters {
			words = append(words, s.letters)
			m.letters = append(m.letters, int32(len(s.letters)))
			m.patterns = append(m.patterns, nil)
		}
		last := &m.patterns[len(words)-1]
		*last = addPattern(*last, s.pattern)
	}
	m.screen, m.automaton = newScreen(words), newAutomaton(words)
	return m
}

// addPattern leaves out what the person's earlier patterns, the last ones of the list, say already.
func addPattern(list []pattern, p pattern) []pattern {
	for i := len(list) - 1; i >= 0 && list[i].person == p.person; i-- {
		if list[i].same(p) {
			return list
		}
	}
	return append(list, p)
}

// find passes by captions of plain letters none of whose words starts like a name: letters that are
// ASCII need a word's start before a name, since all scripts that do without are not.
func (m *strictMatcher) find(caption string, s *scratch) []match {
	if s.words.read(caption) && !s.words.anyIn(m.screen) {
		return nil
	}
	return m.findFolded(caption, s)
}

// findFolded reads every letter of the caption.
func (m *strictMatcher) findFolded(caption string, s *scratch) []match {
	t := s.text
	t.read(caption)
	scan(m.automaton, t.letters, func(word int32, end int) {
		start := end - int(m.letters[word])
		if !t.starts(start) || !t.ends(end) {
			return
		}
		for i := range m.patterns[word] {
			p := &m.patterns[word][i]
			if t.agrees(caption, p, start, end) {
				s.note(match{p.person, p.alias, int(t.from[start]), int(t.to[end-1])})
			}
		}
	})
	return s.take()
}

// agrees compares what stands between the letters [start,end) of the caption with the pattern.
func (t *folded) agrees(caption string, p *pattern, start, end int) bool {
	joints, reversed := p.joints, false
	for i := start + 1; i < end; i++ {
		var j joint
		if len(joints) > 0 && int(joints[0].at) == i-start {
			j, joints = joints[0], joints[1:]
			reversed = reversed || j.gap == gapReversed
		}
		if (j.gap != 0 || t.gaps[i] != 0) && !t.accepts(caption, i, j, p.words) {
			return false
		}
	}
	return !reversed || !t.hemmed(caption, start, end)
}
