package retriever

import "hash/maphash"

// maxDistinctHashes is the default of MentionOptions.MaxDistinct: below 1 GiB of memory, and
// several times what the study's 548 persons need on LAION-400M.
const maxDistinctHashes = 1 << 24

// distinct counts each person's rows without the repeated ones. It keeps 64-bit hashes: among a
// million rows of one person the chance that two different ones look equal is below 1 in 10
// million (n^2 / 2^65).
type distinct struct {
	seed    maphash.Seed
	limit   int
	held    int // hashes in all sets
	persons []distinctSets
}

type distinctSets struct {
	urls, captions map[uint64]struct{}
	rows           int64
	over           bool // the sets grew too large and were given up
}

func newDistinct(persons, limit int) *distinct {
	if limit == 0 {
		limit = maxDistinctHashes
	}
	return &distinct{seed: maphash.MakeSeed(), limit: limit, persons: make([]distinctSets, persons)}
}

// add notes a row that mentions the person. Rows without a URL are told apart by caption alone.
func (d *distinct) add(person int, url string, caption uint64) {
	s := &d.persons[person]
	if s.over || url != "" && !d.insert(&s.urls, maphash.String(d.seed, url)) {
		return
	}
	if d.insert(&s.captions, caption) {
		s.rows++
	}
	for d.held > d.limit {
		d.giveUp()
	}
}

// insert reports whether the hash is new.
func (d *distinct) insert(set *map[uint64]struct{}, hash uint64) bool {
	if *set == nil {
		*set = map[uint64]struct{}{}
	}
	before := len(*set)
	(*set)[hash] = struct{}{}
	d.held += len(*set) - before
	return len(*set) > before
}

// giveUp forgets the person with the most hashes, the first one among equals.
func (d *distinct) giveUp() {
	largest := 0
	for i := range d.persons {
		if d.persons[i].size() > d.persons[largest].size() {
			largest = i
		}
	}
	d.held -= d.persons[largest].size()
	d.persons[largest] = distinctSets{over: true}
}

func (s *distinctSets) size() int { return len(s.urls) + len(s.captions) }

// count gives the person's distinct rows; ok is false when they were given up.
func (d *distinct) count(person int) (n int64, ok bool) {
	return d.persons[person].rows, !d.persons[person].over
}
