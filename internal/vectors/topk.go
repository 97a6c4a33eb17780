package vectors

import (
	"cmp"
	"math"
	"slices"

	"rollcall/retriever"
)

// top keeps the k best hits seen, the worst of them first: a binary heap.
type top struct {
	k    int
	hits []retriever.Hit
}

// better orders hits: higher score first, ties by lower row number.
func better(a, b retriever.Hit) int {
	if c := cmp.Compare(b.Score, a.Score); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}

// least is the score below which nothing gets in.
func (t *top) least() float32 {
	if len(t.hits) < t.k {
		return float32(math.Inf(-1))
	}
	return t.hits[0].Score
}

// add offers a hit.
func (t *top) add(h retriever.Hit) {
	if len(t.hits) < t.k {
		t.hits = append(t.hits, h)
		t.rise(len(t.hits) - 1)
		return
	}
	if better(h, t.hits[0]) < 0 {
		t.hits[0] = h
		t.sink(0)
	}
}

// rise moves a hit towards the root while it is worse than its parent.
func (t *top) rise(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if better(t.hits[i], t.hits[parent]) <= 0 {
			return
		}
		t.hits[i], t.hits[parent] = t.hits[parent], t.hits[i]
		i = parent
	}
}

// sink moves a hit away from the root while a child is worse.
func (t *top) sink(i int) {
	for {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.hits); child++ {
			if better(t.hits[child], t.hits[worst]) > 0 {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.hits[i], t.hits[worst] = t.hits[worst], t.hits[i]
		i = worst
	}
}

// mergeTops gives the k best of what several workers kept, best first.
func mergeTops(k int, parts []*top) []retriever.Hit {
	var all []retriever.Hit
	for _, p := range parts {
		all = append(all, p.hits...)
	}
	slices.SortFunc(all, better)
	return slices.Clip(all[:min(k, len(all))])
}
