package clip

import "container/heap"

// candidate is a merge that was possible when it was found: the pair at a position of the chain.
type candidate struct {
	merge
	at   int32
	pair pair
}

// candidates orders merges by rank, then from left to right.
type candidates []candidate

// Len is part of heap.Interface.
func (c candidates) Len() int { return len(c) }

// Less is part of heap.Interface.
func (c candidates) Less(i, j int) bool {
	if c[i].rank != c[j].rank {
		return c[i].rank < c[j].rank
	}
	return c[i].at < c[j].at
}

// Swap is part of heap.Interface.
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }

// Push is part of heap.Interface.
func (c *candidates) Push(x any) { *c = append(*c, x.(candidate)) }

// Pop is part of heap.Interface.
func (c *candidates) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// chain is a word's symbols as a doubly linked list in arrays, so that a merge costs no move. A
// symbol of -1 has been merged away.
type chain struct {
	symbols, previous, next []int32
	queue                   candidates
}

// mergeAll merges pairs in the order of their rank. The cost is n log n in the word's length:
// captions without spaces must not cost n squared.
func (v *vocabulary) mergeAll(symbols []int32) []int32 {
	n := int32(len(symbols))
	c := &chain{symbols: symbols, previous: make([]int32, n), next: make([]int32, n)}
	for i := range n {
		c.previous[i], c.next[i] = i-1, i+1
	}
	for i := range n - 1 {
		v.offer(c, i)
	}
	for c.queue.Len() > 0 {
		best := heap.Pop(&c.queue).(candidate)
		right := c.next[best.at]
		// A neighbour may have been merged since.
		if right >= n || (pair{symbols[best.at], symbols[right]}) != best.pair {
			continue
		}
		symbols[best.at], symbols[right] = best.symbol, -1
		c.next[best.at] = c.next[right]
		if after := c.next[right]; after < n {
			c.previous[after] = best.at
			v.offer(c, best.at)
		}
		if before := c.previous[best.at]; before >= 0 {
			v.offer(c, before)
		}
	}
	return compact(symbols)
}

// offer queues the merge of the symbol at position i with the one after it, if there is one.
func (v *vocabulary) offer(c *chain, i int32) {
	p := pair{c.symbols[i], c.symbols[c.next[i]]}
	if m, ok := v.merges[p]; ok {
		heap.Push(&c.queue, candidate{merge: m, at: i, pair: p})
	}
}

// compact drops the symbols that were merged away.
func compact(symbols []int32) []int32 {
	kept := symbols[:0]
	for _, s := range symbols {
		if s >= 0 {
			kept = append(kept, s)
		}
	}
	return kept
}
