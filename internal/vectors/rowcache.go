package vectors

import (
	"container/list"
	"sync"
)

const (
	slabRows = 256 // rows read and kept together
	maxSlabs = 256 // slabs kept: 65,536 rows, about 64 MiB with long captions

	maxSlabText  = 256 << 20 // bytes of text of a slab that is read
	keptSlabText = 1 << 20   // and of one that is kept
)

// slabKey names a run of rows of one partition.
type slabKey struct {
	part int
	slab int64 // first row / slabRows
}

// rowCache keeps the metadata that was read last, whole slabs at a time.
type rowCache struct {
	mu    sync.Mutex
	slabs map[slabKey]*list.Element
	order list.List // of slabEntry, the most recent first
}

type slabEntry struct {
	key  slabKey
	rows []metadataRow // never changed once cached
}

func newRowCache() *rowCache {
	return &rowCache{slabs: map[slabKey]*list.Element{}}
}

// get gives a slab, nil when it is not kept.
func (c *rowCache) get(key slabKey) []metadataRow {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.slabs[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(slabEntry).rows
}

// put keeps a slab and lets go of the one unused for longest.
func (c *rowCache) put(key slabKey, rows []metadataRow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.slabs[key]; ok {
		return // two readers missed it at the same time
	}
	c.slabs[key] = c.order.PushFront(slabEntry{key, rows})
	if c.order.Len() > maxSlabs {
		last := c.order.Back()
		delete(c.slabs, last.Value.(slabEntry).key)
		c.order.Remove(last)
	}
}
