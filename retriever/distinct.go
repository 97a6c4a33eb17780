package retriever

import (
	"crypto/sha256"
	"encoding/binary"
)

// maxDistinctHashes is the default of MentionOptions.MaxDistinct: below 1 GiB of memory, and
// several times what the study's 548 persons need on LAION-400M.
const maxDistinctHashes = 1 << 24

// distinct counts each person's rows without the repeated ones. It keeps 64-bit hashes: among a
// million rows of one person the chance that two different ones look equal is below 1 in 10
// million (n^2 / 2^65).
type distinct struct {
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
	return &distinct{limit: limit, persons: make([]distinctSets, persons)}
}

// add notes a row that mentions the person, by the hashes of its URL and its folded caption. Rows
// without a URL, 0, are told apart by caption alone.
func (d *distinct) add(person int, url, caption uint64) {
	s := &d.persons[person]
	if s.over || url != 0 && !d.insert(&s.urls, url) {
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

// hash64 is the start of SHA-256: the same in every process, so that partial counts can be merged,
// and not to be steered by who writes captions.
func hash64(text []byte) uint64 {
	sum := sha256.Sum256(text)
	return binary.LittleEndian.Uint64(sum[:8])
}

// captionHash is hash64 of the normalised caption.
func (s *scratch) captionHash(caption string) uint64 {
	s.hash.Reset()
	s.text.open(caption)
	for i := 0; s.text.advance(&i); i = len(s.text.letters) {
		s.normal = s.text.normalised(s.normal[:0], i)
		s.hash.Write(s.normal)
	}
	return binary.LittleEndian.Uint64(s.hash.Sum(s.normal[:0]))
}

// urlHash is 0 for a row without a URL.
func urlHash(url string) uint64 {
	if url == "" {
		return 0
	}
	return hash64([]byte(url))
}
