package similarity

// block is how many photos' scores are in memory at a time.
const block = 64

// Judge gives verdicts on photos by one prompt's names. It is one goroutine's scratch space.
//
// Where the processor can, it looks at 16-bit products first, twice as many a second as float32
// allows, and computes in float32 only the similarities that those leave open: every verdict is
// the one that all float32 similarities would give, to the last bit.
type Judge struct {
	names  *Names
	photos *Photos
	decoys Set

	similarities []float32
	screen       *screen // nil where the processor cannot
}

// NewJudge makes a judge. Photos and names must have one dimension.
func NewJudge(names *Names, photos *Photos, decoys Set) *Judge {
	j := &Judge{names: names, photos: photos, decoys: decoys}
	if names.numbers.values != nil && photos.numbers.values != nil {
		j.screen = newScreen(names, photos, decoys)
	} else {
		j.similarities = make([]float32, block*names.Stride())
	}
	return j
}

// Verdicts judges the photos from first on, as many as out has room for. own is each one's true name;
// nil looks for winners alone.
func (j *Judge) Verdicts(first int, own []int, out []Verdict) {
	for at := 0; at < len(out); at += block {
		last := min(at+block, len(out))
		var owners []int
		if own != nil {
			owners = own[at:last]
		}
		if j.screen != nil {
			j.screen.verdicts(first+at, owners, out[at:last])
		} else {
			j.look(first+at, owners, out[at:last])
		}
	}
}

// look judges a block by all its similarities in float32.
func (j *Judge) look(first int, own []int, out []Verdict) {
	n := j.names
	n.Multiply(j.photos.rows[first*n.dim:(first+len(out))*n.dim], j.similarities)
	for i := range out {
		name := -1
		if own != nil {
			name = own[i]
		}
		out[i] = Look(j.similarities[i*n.Stride():][:n.count], name, j.decoys)
	}
}
