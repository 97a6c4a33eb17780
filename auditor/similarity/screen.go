package similarity

import (
	"math"
	"math/bits"
)

// screen judges blocks of photos by scores, the products of rounded vectors. What scores leave open
// is collected for the whole block and multiplied in float32 together.
type screen struct {
	names  *Names
	photos *Photos
	decoys Set
	every  Set // all names

	scores      []int32 // of a block
	doubt       float64 // how far a score may be off
	reach, sure Set     // names whose score reaches a limit
	open        openProducts
	questions   []question
}

// question is what scores left open about one photo: runs of open products.
type question struct {
	winner, decoy, own, rank run
	sole                     int // the only name that can win, where nothing else is asked; else -1
}

// run is a run of open products, from the first to before the last.
type run struct{ first, last int }

func newScreen(names *Names, photos *Photos, decoys Set) *screen {
	return &screen{
		names: names, photos: photos, decoys: decoys, every: everyName(names.count), doubt: doubt(photos.numbers, names.numbers, names.dim),
		scores: make([]int32, block*numberStride(names.count)), reach: NewSet(names.count, nil), sure: NewSet(names.count, nil),
		questions: make([]question, block),
	}
}

// verdicts judges a block of photos from first on.
func (s *screen) verdicts(first int, own []int, out []Verdict) {
	s.score(first, len(out))
	s.open.reset()
	for i := range out {
		s.questions[i] = s.ask(i, own)
	}
	s.multiply(first)
	for i := range out {
		out[i] = s.answer(i, own)
	}
	if own == nil {
		return
	}
	s.open.reset()
	for i := range out {
		out[i].Rank, s.questions[i].rank = s.askRank(i, out[i].Own)
	}
	s.multiply(first)
	for i := range out {
		for _, product := range s.open.products[s.questions[i].rank.first:s.questions[i].rank.last] {
			if product >= out[i].Own {
				out[i].Rank++
			}
		}
	}
}

// score multiplies a block's rounded photos with all rounded names.
func (s *screen) score(first, photos int) {
	width, stride := evened(s.names.dim), numberStride(s.names.count)
	for panel := 0; panel < stride; panel += numberPanel {
		names := &s.names.numbers.values[panel*width]
		for row := 0; row < photos; row += tileRows {
			tileNumbers(&s.photos.numbers.values[(first+row)*width], names, width/2, &s.scores[row*stride+panel], stride)
		}
	}
}

// ask opens the products that decide who wins a photo and, where the true name is asked for, its
// own and the best decoy's.
func (s *screen) ask(photo int, own []int) question {
	q := question{sole: -1}
	top := s.largest(photo, s.every)
	q.winner = s.near(photo, s.every, top)
	if own == nil {
		if q.winner.last == q.winner.first+1 {
			q.sole = s.open.drop()
		}
		return q
	}
	q.decoy = q.winner
	if topDecoy := s.largest(photo, s.decoys); topDecoy < top {
		q.decoy = s.near(photo, s.decoys, topDecoy)
	}
	q.own = s.open.add(photo, own[photo])
	return q
}

// answer closes what ask opened.
func (s *screen) answer(photo int, own []int) Verdict {
	q, o := s.questions[photo], &s.open
	if q.sole >= 0 {
		return Verdict{Winner: q.sole}
	}
	v := Verdict{Winner: o.names[q.winner.first]}
	best := o.products[q.winner.first]
	for at := q.winner.first + 1; at < q.winner.last; at++ {
		if o.products[at] > best {
			v.Winner, best = o.names[at], o.products[at]
		}
	}
	if own == nil {
		return v
	}
	v.Own, v.BestDecoy = o.products[q.own.first], noDecoy()
	for at := q.decoy.first; at < q.decoy.last; at++ {
		if s.decoys.Has(o.names[at]) && !(o.products[at] <= v.BestDecoy) {
			v.BestDecoy = o.products[at]
		}
	}
	return v
}

// askRank counts the name itself and the decoys that are at or above it without doubt, and opens
// the products of those in doubt.
func (s *screen) askRank(photo int, own float32) (int, run) {
	score := float64(own) * s.names.numbers.scale * s.photos.numbers.scale
	s.reached(photo, score+s.doubt, s.sure)
	s.reached(photo, score-s.doubt, s.reach)
	rank, r := 1, run{s.open.count(), 0}
	for g, decoys := range s.decoys {
		rank += bits.OnesCount16(s.sure[g] & decoys)
		s.open.group(photo, g, s.reach[g]&^s.sure[g]&decoys)
	}
	r.last = s.open.count()
	return rank, r
}

// near opens the names of a set whose similarity may be the largest, given the largest score.
func (s *screen) near(photo int, set Set, top int32) run {
	s.reached(photo, float64(top)-2*s.doubt, s.reach)
	r := run{s.open.count(), 0}
	for g, names := range set {
		s.open.group(photo, g, s.reach[g]&names)
	}
	r.last = s.open.count()
	return r
}

func (s *screen) row(photo int) *int32 { return &s.scores[photo*numberStride(s.names.count)] }

func (s *screen) largest(photo int, set Set) int32 { return largest(s.row(photo), &set[0], len(set)) }

// reached fills to with the names whose score is at least the limit.
func (s *screen) reached(photo int, limit float64, to Set) {
	limit = math.Ceil(max(math.MinInt32, min(math.MaxInt32, limit)))
	atLeast(s.row(photo), len(to), int32(limit), &to[0])
}
