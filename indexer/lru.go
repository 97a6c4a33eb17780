package indexer

import "container/list"

// lru keeps the values that were used last, at most limit of them.
type lru[K comparable, V any] struct {
	limit int
	order *list.List // of lruEntry, the one used last in front
	at    map[K]*list.Element
}

type lruEntry[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](limit int) *lru[K, V] {
	return &lru[K, V]{limit, list.New(), map[K]*list.Element{}}
}

// get finds a value, or keeps what fresh makes; known says which of the two.
func (l *lru[K, V]) get(key K, fresh func() V) (value V, known bool) {
	if e, ok := l.at[key]; ok {
		l.order.MoveToFront(e)
		return e.Value.(lruEntry[K, V]).value, true
	}
	if l.order.Len() >= l.limit {
		oldest := l.order.Remove(l.order.Back()).(lruEntry[K, V])
		delete(l.at, oldest.key)
	}
	value = fresh()
	l.at[key] = l.order.PushFront(lruEntry[K, V]{key, value})
	return value, false
}
