package vectors

import (
	"math"
	"sync/atomic"

	"rollcall/retriever"
)

// topSink keeps one worker's k best rows of every query.
type topSink struct {
	store *Store
	tops  []top
	bars  *bars
}

func newTopSink(s *Store, k int, b *bars) *topSink {
	t := &topSink{store: s, tops: make([]top, len(b.scores)), bars: b}
	for q := range t.tops {
		t.tops[q].k = k
	}
	return t
}

// least is the worker's own bar or the highest of all workers': whoever has k rows at or above a
// score has shown that the answer has none below.
func (t *topSink) least(query int) float32 { return max(t.tops[query].least(), t.bars.get(query)) }

func (t *topSink) rises() bool { return true }

func (t *topSink) take(query int, id int64, cosines []float32) error {
	kept := &t.tops[query]
	least := t.least(query)
	before := kept.least()
	for i, c := range cosines {
		if c >= least && !t.store.gone(id+int64(i)) {
			kept.add(retriever.Hit{ID: id + int64(i), Score: c})
			least = max(least, kept.least())
		}
	}
	if now := kept.least(); now > before {
		t.bars.raise(query, now)
	}
	return nil
}

// bars are the scores, by query, that workers tell one another.
type bars struct{ scores []atomic.Uint32 }

func newBars(queries int) *bars {
	b := &bars{make([]atomic.Uint32, queries)}
	for q := range b.scores {
		b.scores[q].Store(math.Float32bits(float32(math.Inf(-1))))
	}
	return b
}

func (b *bars) get(query int) float32 { return math.Float32frombits(b.scores[query].Load()) }

// raise lifts a bar; a lower one than there is changes nothing.
func (b *bars) raise(query int, to float32) {
	for {
		old := b.scores[query].Load()
		if math.Float32frombits(old) >= to || b.scores[query].CompareAndSwap(old, math.Float32bits(to)) {
			return
		}
	}
}
