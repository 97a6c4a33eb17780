package auditor

import (
	"math/bits"
	"slices"
)

// photoSet is a set of one person's photos by number, a bit each.
type photoSet []uint64

func newPhotoSet(photos int) photoSet { return make(photoSet, (photos+63)/64) }

func (s photoSet) put(photo int) { s[photo/64] |= 1 << (photo % 64) }

// shared is how many photos two sets share.
func (s photoSet) shared(other photoSet) int {
	n := 0
	for i, word := range s {
		n += bits.OnesCount64(word & other[i])
	}
	return n
}

// tally knows by sets of photos who was voted for, so that the votes of any choice of photos are
// counted 64 at a time.
type tally struct {
	own    []photoSet   // by prompt: photos that vote for the true name
	others [][]photoSet // by prompt, by other name: photos that vote for it, most first
}

func newTally(s Subject) *tally {
	prompts, photos := s.Winners.Prompts, s.Winners.Photos()
	t := &tally{make([]photoSet, prompts), make([][]photoSet, prompts)}
	at := map[int32]int{}
	for p := range prompts {
		clear(at)
		t.own[p] = newPhotoSet(photos)
		for x := range photos {
			name := s.Winners.Names[x*prompts+p]
			if name == int32(s.Name) {
				t.own[p].put(x)
				continue
			}
			i, there := at[name]
			if !there {
				i = len(t.others[p])
				at[name] = i
				t.others[p] = append(t.others[p], newPhotoSet(photos))
			}
			t.others[p][i].put(x)
		}
		slices.SortStableFunc(t.others[p], func(a, b photoSet) int { return b.shared(b) - a.shared(a) })
	}
	return t
}

// correct is how many prompts elect the true name over the photos: it has more votes than any
// other.
func (t *tally) correct(photos photoSet) int {
	correct := 0
	for p, own := range t.own {
		if votes := own.shared(photos); votes > 0 && beats(votes, t.others[p], photos) {
			correct++
		}
	}
	return correct
}

func beats(votes int, others []photoSet, photos photoSet) bool {
	for _, other := range others {
		if other.shared(photos) >= votes {
			return false
		}
	}
	return true
}
