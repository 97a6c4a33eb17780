package similarity

import (
	"math"
	"math/bits"
)

const (
	numberPanel = 32 // names that one call of the 16-bit kernel takes
	block       = 64 // photos whose scores are in memory at a time
)

// roundNames puts names into panels of 32, pair of elements by pair of elements, as the 16-bit
// kernel reads them.
func roundNames(vectors [][]float32, dim int) numbers {
	longest := 0.0
	for _, v := range vectors {
		longest = max(longest, length(v))
	}
	width := evened(dim)
	n := numbers{make([]int16, numberStride(len(vectors))*width), scaleOf(longest)}
	scale := float32(n.scale)
	for i, v := range vectors {
		to := n.values[i/numberPanel*numberPanel*width+i%numberPanel*2:]
		for k := 0; k+1 < len(v); k += 2 {
			to[k*numberPanel], to[k*numberPanel+1] = rounded(v[k], scale), rounded(v[k+1], scale)
		}
		if dim%2 == 1 {
			to[(dim-1)*numberPanel] = rounded(v[dim-1], scale)
		}
	}
	return n
}

func numberStride(names int) int { return (names + numberPanel - 1) / numberPanel * numberPanel }

// slack is how far a score (a product of rounded vectors) may be from the similarity in float32, in
// scores. Each vector is at most numberRange long and rounds by at most h, so that the product rounds by
// numberRange*h twice and h*h; the float32 sum of dim products rounds by at most dim/2^24 of the
// product of lengths.
func slack(dim int) float64 {
	const step = 0.51 // half a whole number, and the rounding before it
	h := step * math.Sqrt(float64(dim))
	return h*(2*numberRange+h) + 1.1*float64(dim)/(1<<24)*numberRange*numberRange
}

// Judge gives verdicts on photos by one prompt's names. It is one goroutine's scratch space.
//
// Where the processor can, it looks at 16-bit products first, twice as many a second as float32
// allows, and computes in float32 only the similarities that those leave open: every verdict is
// the one that all float32 similarities would give, to the last bit.
type Judge struct {
	names  *Names
	photos *Photos
	decoys Set

	every        Set // all names
	noDecoys     bool
	scores       []int32
	similarities []float32
	reach, sure  Set   // names whose score reaches a limit
	open         []int // names whose scores do not decide
}

// NewJudge makes a judge. Photos and names must have one dimension.
func NewJudge(names *Names, photos *Photos, decoys Set) *Judge {
	j := &Judge{names: names, photos: photos, decoys: decoys, noDecoys: decoys.Empty()}
	if j.screens() {
		j.every, j.reach, j.sure = everyName(names.count), NewSet(names.count, nil), NewSet(names.count, nil)
		j.scores = make([]int32, block*numberStride(names.count))
	} else {
		j.similarities = make([]float32, block*names.Stride())
	}
	return j
}

func (j *Judge) screens() bool {
	return j.names.numbers.values != nil && j.photos.numbers.values != nil
}

// Verdicts judges the photos from first on, as many as out has room for. own is each one's true name;
// nil looks for winners alone.
func (j *Judge) Verdicts(first int, own []int, out []Verdict) {
	look := j.similar
	if j.screens() {
		look = j.screened
	}
	for at := 0; at < len(out); at += block {
		last := min(at+block, len(out))
		var owners []int
		if own != nil {
			owners = own[at:last]
		}
		look(first+at, owners, out[at:last])
	}
}

func ownOf(own []int, i int) int {
	if own == nil {
		return -1
	}
	return own[i]
}

// similar judges a block by all its similarities in float32.
func (j *Judge) similar(first int, own []int, out []Verdict) {
	n := j.names
	n.Multiply(j.photos.rows[first*n.dim:(first+len(out))*n.dim], j.similarities)
	for i := range out {
		out[i] = Look(j.similarities[i*n.Stride():][:n.count], ownOf(own, i), j.decoys)
	}
}

// screened judges a block by scores, and by similarities where those leave it open.
func (j *Judge) screened(first int, own []int, out []Verdict) {
	width, stride := evened(j.names.dim), numberStride(j.names.count)
	for panel := 0; panel < stride; panel += numberPanel {
		names := &j.names.numbers.values[panel*width]
		for row := 0; row < len(out); row += tileRows {
			tileNumbers(&j.photos.numbers.values[(first+row)*width], names, width/2, &j.scores[row*stride+panel], stride)
		}
	}
	for i := range out {
		s := screen{j, j.photos.rows[(first+i)*j.names.dim:][:j.names.dim], j.scores[i*stride:][:stride]}
		out[i] = s.verdict(ownOf(own, i))
	}
}

// screen is one photo's scores.
type screen struct {
	*Judge
	photo  []float32
	scores []int32
}

func (s screen) verdict(own int) Verdict {
	winner, similarity := s.best(s.every, own >= 0)
	v := Verdict{Winner: winner}
	if own < 0 {
		return v
	}
	v.BestDecoy = noDecoy()
	switch {
	case s.decoys.Has(winner):
		v.BestDecoy = similarity
	case !s.noDecoys:
		_, v.BestDecoy = s.best(s.decoys, true)
	}
	v.Own = similarity
	if own != winner {
		v.Own = s.products([]int{own})[0]
	}
	v.Rank = 1 + s.atOrAbove(v.Own)
	return v
}

// best finds the name of the set with the largest similarity, the lowest index of several, and that
// similarity where it is wanted or needed.
func (s screen) best(set Set, wanted bool) (int, float32) {
	top := float64(largest(&s.scores[0], &set[0], len(set)))
	s.reached(top-2*slack(s.names.dim), s.reach)
	s.open = s.open[:0]
	for g, group := range s.reach {
		s.openGroup(g, group&set[g])
	}
	if len(s.open) == 1 && !wanted {
		return s.open[0], 0
	}
	products := s.products(s.open)
	at := Argmax(products)
	return s.open[at], products[at]
}

// reached fills to with the names whose score is at least the limit.
func (s screen) reached(limit float64, to Set) {
	limit = math.Ceil(max(math.MinInt32, min(math.MaxInt32, limit)))
	atLeast(&s.scores[0], len(to), int32(limit), &to[0])
}

// atOrAbove counts the decoys whose similarity is at least the given one: those whose score leaves
// no doubt, and of those in doubt the ones whose product says so.
func (s screen) atOrAbove(own float32) int {
	score, doubt := float64(own)*s.names.numbers.scale*s.photos.numbers.scale, slack(s.names.dim)
	s.reached(score+doubt, s.sure)
	s.reached(score-doubt, s.reach)
	count := 0
	s.open = s.open[:0]
	for g, decoys := range s.decoys {
		count += bits.OnesCount16(s.sure[g] & decoys)
		s.openGroup(g, s.reach[g]&^s.sure[g]&decoys)
	}
	for _, product := range s.products(s.open) {
		if product >= own {
			count++
		}
	}
	return count
}

// openGroup appends a group's names to those that scores leave open.
func (s screen) openGroup(g int, names uint16) {
	for ; names != 0; names &= names - 1 {
		s.open = append(s.open, g*groupSize+bits.TrailingZeros16(names))
	}
}

// products are the photo's similarities with some names, to the bits that Multiply gives.
func (s screen) products(names []int) []float32 {
	s.similarities = s.similarities[:0]
	var rows [8]*float32
	var out [8]float32
	for at := 0; at < len(names); at += len(rows) {
		for i := range rows {
			rows[i] = &s.names.vectors[names[min(at+i, len(names)-1)]][0]
		}
		products8(&s.photo[0], &rows, s.names.dim, &out)
		s.similarities = append(s.similarities, out[:min(len(rows), len(names)-at)]...)
	}
	return s.similarities
}
