package retriever

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// strictMatcher finds names as a reader would: see Strict.
//
// Wherever a name may start in a caption's folded letters, without what stands between them, the
// lexicon says which spellings go on from there; each is then checked for where it ends and for what
// stands between its letters.
type strictMatcher struct {
	*lexicon
	persons []Person
	longest int             // letters of a spelling, at most
	first   map[string]bool // first names, folded
}

func newStrictMatcher(roster *Roster) *strictMatcher {
	m := &strictMatcher{lexicon: newLexicon(roster.Persons, strictSpellings), persons: roster.Persons, first: newNameFinder().first}
	for i := range m.spellings {
		m.longest = max(m.longest, len(m.spellings[i].letters))
	}
	return m
}

// strictSpellings gives the letters of every name and alias, as written and turned round.
func strictSpellings(share []Person, first int) []spelling {
	t := newFolded()
	all := make([]spelling, 0, 2*len(share)) // first and last name, in both orders
	var cuts []int32
	for i := range share {
		p := &share[i]
		for alias := range int32(1 + len(p.Aliases)) {
			t.read(p.alias(alias))
			letters := string(t.letters)
			cuts = append(t.turns(cuts[:0]), 0)
			for _, cut := range cuts {
				all = append(all, newSpelling(letters[cut:]+letters[:cut], source{int32(first + i), alias, cut}))
			}
		}
	}
	return all
}

// find passes by captions of plain letters none of whose words starts like a name: letters that are
// ASCII need a word's start before a name, since all scripts that do without are not.
func (m *strictMatcher) find(caption string, s *scratch) []match {
	if len(caption) <= stretchBytes && s.words.read(caption) && !s.words.anyIn(&m.screen) {
		return nil
	}
	return m.findFolded(caption, s)
}

// findFolded reads every letter of the caption, of a long one a stretch at a time.
func (m *strictMatcher) findFolded(caption string, s *scratch) []match {
	t := s.text
	t.open(caption)
	for i := 0; t.advance(&i); {
		for stop := t.settled(m.longest); i < stop; i++ {
			m.findAt(caption, i, s)
		}
	}
	return s.take()
}

// findAt notes the names that start at letter i.
func (m *strictMatcher) findAt(caption string, i int, s *scratch) {
	t := s.text
	if t.gaps[i] == 0 && t.letters[i] < utf8.RuneSelf && t.letters[i-1] < utf8.RuneSelf {
		return // inside of a word: see starts
	}
	next := t.next(i)
	if !m.knows(next) {
		return
	}
	m.at(t.letters[i:], next, func(k int32) {
		if end := i + len(m.spellings[k].letters); t.starts(i) && t.ends(end) {
			m.compare(caption, k, i, end, s)
		}
	})
}

// compare notes a name whose spelling k the letters [start,end) of the caption are, if what stands
// between them may stand there.
func (m *strictMatcher) compare(caption string, k int32, start, end int, s *scratch) {
	p, known := s.patterns[k]
	if !known {
		from := m.spellings[k].source
		p = newPattern(s.name, m.persons[from.person].alias(from.alias), from)
		s.patterns[k] = p
	}
	if t := s.text; t.agrees(caption, p, start, end) && !(p.reversed && m.listed(caption, t, start, end)) {
		from := int(t.from[start])
		found := strings.TrimRightFunc(caption[from:t.to[end-1]], unseen) // an accent is the letter's, these are not
		s.note(match{p.person, p.alias, from, from + len(found)})
	}
}

// unseen reports formatting characters, such as marks of the direction of writing.
func unseen(r rune) bool { return unicode.Is(unicode.Cf, r) }

// agrees compares what stands between the letters [start,end) of the caption with the pattern.
func (t *folded) agrees(caption string, p *pattern, start, end int) bool {
	joints := p.joints
	for i := start + 1; i < end; i++ {
		var j joint
		if len(joints) > 0 && int(joints[0].at) == i-start {
			j, joints = joints[0], joints[1:]
		}
		if (j.gap != 0 || t.gaps[i] != 0) && !t.accepts(caption, i, j, p.words) {
			return false
		}
	}
	return true
}
