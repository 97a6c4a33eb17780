package retriever

import (
	"cmp"
	"slices"
)

// match is one name found in one caption.
type match struct {
	person, alias int32
	start, end    int // byte range in the caption
}

// matcher finds the persons that a caption mentions, in the order of persons. Many workers share
// one matcher, each with its own scratch space, in which the result lies until the next call.
type matcher interface {
	find(caption string, s *scratch) []match
}

// scratch is what one worker reuses from caption to caption.
type scratch struct {
	text  *folded
	found []match
}

func newScratch() *scratch { return &scratch{text: newFolded()} }

// firsts keeps one match a person, the leftmost, and of those the longest, in the order of
// persons: a row counts once for everyone it mentions.
func firsts(found []match) []match {
	if len(found) < 2 {
		return found
	}
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.start, b.start),
			cmp.Compare(b.end, a.end), cmp.Compare(a.alias, b.alias))
	})
	return slices.CompactFunc(found, func(a, b match) bool { return a.person == b.person })
}
