package retriever

import (
	"html"
	"slices"
)

// maxRotated bounds the words of a name all of whose "Last, First" orders are looked for; a longer
// name has its last word moved to the front only.
const maxRotated = 5

// joint is a place between two letters of a pattern where the name as the roster writes it has
// something other than letters.
type joint struct {
	at       int32
	gap      gap
	initials bool   // the words on both sides are single letters
	raw      string // what stands there, when it is more than the usual marks ("P!nk")
}

// pattern is one way to write a person's name.
type pattern struct {
	person, alias int32 // alias 0 is the name itself
	words         bool  // more than one word
	joints        []joint
}

// spelling is a pattern with the letters it is found by.
type spelling struct {
	letters string
	order   int32 // among all spellings of a roster
	pattern
}

// spellings gives the patterns of one name or alias: as written, and in "Last, First" order. t is
// scratch space. A text without letters has none.
func spellings(t *folded, alias string) []spelling {
	t.read(alias)
	if len(t.letters) == 0 {
		return nil
	}
	base := spelling{letters: string(t.letters)}
	var cuts []int
	for i := 1; i < len(t.letters); i++ {
		g := t.gaps[i]
		if g == 0 {
			continue
		}
		j := joint{at: int32(i), gap: g, initials: t.letterBefore(i) && t.letterAfter(i)}
		if g&gapOther != 0 {
			j.raw = html.UnescapeString(alias[t.to[i-1]:t.from[i]])
		}
		base.joints = append(base.joints, j)
		base.words = base.words || g&gapSpace != 0
		if g&(gapSpace|gapComma) != 0 {
			cuts = append(cuts, len(base.joints)-1)
		}
	}
	if len(cuts) >= maxRotated {
		cuts = cuts[len(cuts)-1:]
	}
	all := []spelling{base}
	for _, c := range cuts {
		if base.joints[c].gap&gapOther == 0 {
			all = append(all, base.rotated(c))
		}
	}
	return all
}

// rotated moves what follows joint c to the front. The comma that "Last, First" order shows must
// be there, except that a name given in that order in the roster is also looked for without.
func (s spelling) rotated(c int) spelling {
	cut, n := s.joints[c].at, int32(len(s.letters))
	out := spelling{letters: s.letters[cut:] + s.letters[:cut], pattern: pattern{words: true}}
	for _, j := range s.joints[c+1:] {
		j.at -= cut
		out.joints = append(out.joints, j)
	}
	turn := joint{at: n - cut, gap: gapReversed}
	if s.joints[c].gap&gapComma != 0 {
		turn.gap = gapSpace
	}
	out.joints = append(out.joints, turn)
	for _, j := range s.joints[:c] {
		j.at += n - cut
		out.joints = append(out.joints, j)
	}
	return out
}

// same reports whether two patterns with the same letters accept the same captions.
func (p pattern) same(q pattern) bool {
	return p.words == q.words && slices.Equal(p.joints, q.joints)
}
