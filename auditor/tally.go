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

// size is how many photos are in the set.
func (s photoSet) size() int { return s.shared(s) }

// tally knows by sets of photos who was voted for, so that the votes of any choice of photos are
// counted 64 at a time.
type tally struct {
	own    []photoSet // by prompt: photos that vote for the true name
	others [][]rival  // by prompt: the other names that got votes, most first
}

// rival is another name and the photos that vote for it.
type rival struct {
	votes  int
	photos photoSet
}

func newTally(s Subject) *tally {
	prompts, photos := s.Winners.Prompts, s.Winners.Photos()
	t := &tally{make([]photoSet, prompts), make([][]rival, prompts)}
	for p := range prompts {
		voters := map[int32]photoSet{int32(s.Name): newPhotoSet(photos)}
		for x := range photos {
			name := s.Winners.Names[x*prompts+p]
			if voters[name] == nil {
				voters[name] = newPhotoSet(photos)
			}
			voters[name].put(x)
		}
		for name, set := range voters {
			if name == int32(s.Name) {
				t.own[p] = set
			} else {
				t.others[p] = append(t.others[p], rival{set.size(), set})
			}
		}
		slices.SortFunc(t.others[p], func(a, b rival) int { return b.votes - a.votes })
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

func beats(votes int, others []rival, photos photoSet) bool {
	for _, other := range others {
		if other.votes < votes {
			return true // and so are all that follow
		}
		if other.photos.shared(photos) >= votes {
			return false
		}
	}
	return true
}
