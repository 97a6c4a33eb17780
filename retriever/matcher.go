package retriever

import (
	"cmp"
	"crypto/sha256"
	"hash"
	"slices"
)

// match is one name found in one caption.
type match struct {
	person, alias int32
	start, end    int // byte range in the caption
}

// matcher finds the persons that a caption mentions, in the order of persons. Many workers share
// one matcher, each with its own scratch space for it, in which the result lies until the next call.
type matcher interface {
	find(caption string, s *scratch) []match
}

// scratch is what one worker reuses from caption to caption.
type scratch struct {
	text     *folded
	words    asciiWords
	padded   []byte             // a caption and 8 zeros
	normal   []byte             // of a normalised caption
	hash     hash.Hash          // of it
	name     *folded            // of the roster
	patterns map[int32]*pattern // of the strict matcher's spellings that were met
	found    []match            // at most one a person
	place    []int32            // by person: 1 + the index in found, or 0
}

func newScratch(persons int) *scratch {
	return &scratch{
		text: newFolded(), name: newFolded(), patterns: map[int32]*pattern{}, place: make([]int32, persons), hash: sha256.New(),
	}
}

// note keeps for each person the leftmost match, and of those the longest: a row counts once for
// everyone it mentions.
func (s *scratch) note(m match) {
	at := s.place[m.person]
	if at == 0 {
		s.found = append(s.found, m)
		s.place[m.person] = int32(len(s.found))
		return
	}
	old := &s.found[at-1]
	if cmp.Or(cmp.Compare(m.start, old.start), cmp.Compare(old.end, m.end), cmp.Compare(m.alias, old.alias)) < 0 {
		*old = m
	}
}

// take gives what was noted since the last call, in the order of persons.
func (s *scratch) take() []match {
	found := s.found
	for _, m := range found {
		s.place[m.person] = 0
	}
	s.found = s.found[:0]
	slices.SortFunc(found, func(a, b match) int { return cmp.Compare(a.person, b.person) })
	return found
}
