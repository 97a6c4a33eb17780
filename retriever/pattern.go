package retriever

import (
	"html"
	"slices"
)

// maxRotated bounds the words of a name all of whose "Last, First" orders are looked for; a longer
// name has its last word moved to the front only.
const maxRotated = 5

// joint is a place between two letters of a pattern where the name as the roster writes it has
// something other than letters, or two initials side by side ("TJ").
type joint struct {
	at       int32
	gap      gap    // 0 between initials that are written as one word
	initials bool   // what stands on both sides is an initial
	raw      string // what stands there, when it is more than the usual marks ("P!nk")
}

// pattern is one way to write a person's name.
type pattern struct {
	source
	words    bool // more than one word
	reversed bool // in "Last, First" order, where the roster has the other
	joints   []joint
}

// turns appends the letters at which a name may be turned round for "Last, First" order.
func (t *folded) turns(cuts []int32) []int32 {
	for i := 1; i < len(t.letters); i++ {
		if t.gaps[i]&(gapSpace|gapComma) != 0 {
			cuts = append(cuts, int32(i))
		}
	}
	if len(cuts) >= maxRotated {
		cuts = cuts[len(cuts)-1:]
	}
	return slices.DeleteFunc(cuts, func(i int32) bool { return t.gaps[i]&gapOther != 0 })
}

// newPattern reads a name or alias, and turns it round where from says. t is scratch space.
func newPattern(t *folded, alias string, from source) *pattern {
	t.read(alias)
	p := &pattern{source: from}
	initials := t.initials()
	for i := 1; i < len(t.letters); i++ {
		g := t.gaps[i]
		if g == 0 {
			if initials[i] {
				p.joints = append(p.joints, joint{at: int32(i), initials: true})
			}
			continue
		}
		j := joint{at: int32(i), gap: g, initials: t.letterBefore(i) && t.letterAfter(i)}
		if g&gapOther != 0 {
			j.raw = html.UnescapeString(alias[t.to[i-1]:t.from[i]])
		}
		p.joints = append(p.joints, j)
		p.words = p.words || g&gapSpace != 0
	}
	if from.cut > 0 {
		p.turn(int32(len(t.letters)))
	}
	return p
}

// turn moves what follows the cut to the front of the name of n letters. The comma that "Last,
// First" order shows must be there, except that a name given in that order in the roster is also
// looked for without.
func (p *pattern) turn(n int32) {
	var front, back []joint
	for _, j := range p.joints {
		switch {
		case j.at < p.cut:
			j.at += n - p.cut
			back = append(back, j)
		case j.at > p.cut:
			j.at -= p.cut
			front = append(front, j)
		default:
			turn := joint{at: n - p.cut, gap: gapReversed}
			if j.gap&gapComma != 0 {
				turn.gap = gapSpace
			}
			p.reversed = turn.gap == gapReversed
			back = append([]joint{turn}, back...)
		}
	}
	p.words, p.joints = true, append(front, back...)
}
