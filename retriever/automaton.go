package retriever

import "slices"

// denseStates is how many states near the root have a full row of 256 successors (1 KiB each).
// Nearly all of a text is read in these; the rest keep only their real children.
const denseStates = 1024

// automaton finds every occurrence of many strings in one pass over a text (Aho and Corasick,
// 1975). States are numbered level by level, so that a state's children are neighbours: a state
// costs 17 bytes whatever the number of strings.
type automaton struct {
	first []int32 // first child of each state; the children end where the next state's start
	label []byte  // the byte that leads to each state
	fail  []int32 // the longest proper suffix that is a state too
	word  []int32 // the string that ends here, or -1
	out   []int32 // the first state with a word among this one and those along fail, or 0
	dense []int32 // successors of the first denseStates states, 256 each
}

// newAutomaton takes distinct, non-empty strings in increasing order; occurrences are reported by
// their position in it.
func newAutomaton(words []string) *automaton {
	a := &automaton{}
	a.grow(words)
	n := len(a.word)
	a.fail, a.out = make([]int32, n), make([]int32, n)
	a.dense = make([]int32, 0, 256*min(n, denseStates))
	a.addDense(0)
	for s := range int32(n) {
		if s > 0 && s < denseStates {
			a.addDense(s)
		}
		for c := a.first[s]; c < a.first[s+1]; c++ {
			if s > 0 {
				a.fail[c] = a.step(a.fail[s], a.label[c])
			}
			a.out[c] = c
			if a.word[c] < 0 {
				a.out[c] = a.out[a.fail[c]]
			}
		}
	}
	return a
}

// grow lays out the trie of the sorted words, a level at a time: each state stands for the run of
// words that share the bytes down to it.
func (a *automaton) grow(words []string) {
	type run struct{ lo, hi, depth int32 }
	runs := append(make([]run, 0, 8*len(words)), run{0, int32(len(words)), 0})
	a.label, a.word = []byte{0}, []int32{-1}
	for s := 0; s < len(runs); s++ {
		r := runs[s]
		a.first = append(a.first, int32(len(runs)))
		if r.lo < r.hi && len(words[r.lo]) == int(r.depth) {
			a.word[s] = r.lo
			r.lo++
		}
		for lo := r.lo; lo < r.hi; {
			b := words[lo][r.depth]
			hi := lo + 1
			for hi < r.hi && words[hi][r.depth] == b {
				hi++
			}
			runs = append(runs, run{lo, hi, r.depth + 1})
			a.label, a.word = append(a.label, b), append(a.word, -1)
			lo = hi
		}
	}
	a.first = append(a.first, int32(len(runs)))
	a.label, a.word, a.first = slices.Clip(a.label), slices.Clip(a.word), slices.Clip(a.first)
}

// addDense writes the successors of s, whose fail state's are known.
func (a *automaton) addDense(s int32) {
	row := make([]int32, 256)
	if s > 0 {
		copy(row, a.dense[a.fail[s]<<8:][:256])
	}
	for c := a.first[s]; c < a.first[s+1]; c++ {
		row[a.label[c]] = c
	}
	a.dense = append(a.dense, row...)
}

// step gives the state after reading b in state s.
func (a *automaton) step(s int32, b byte) int32 {
	for {
		if i := int(s)<<8 | int(b); i < len(a.dense) {
			return a.dense[i]
		}
		for c, end := a.first[s], a.first[s+1]; c < end; c++ {
			if a.label[c] == b {
				return c
			}
		}
		s = a.fail[s]
	}
}

// scan calls found for every occurrence of a word in text, by its end, longest word first.
func scan[T string | []byte](a *automaton, text T, found func(word int32, end int)) {
	s := int32(0)
	for i := range len(text) {
		s = a.step(s, text[i])
		for o := a.out[s]; o > 0; o = a.out[a.fail[o]] {
			found(a.word[o], i+1)
		}
	}
}
