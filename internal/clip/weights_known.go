package clip

import "sync"

// side is one side of a resize: from in to out pixels, of which n from place from on are computed.
type side struct{ in, out, from, n int }

// knownWeights keeps the weights of the sides that came before, since the images of a data set share
// few sides. It serves any number of goroutines; nobody changes weights that it gives.
type knownWeights struct {
	mutex sync.RWMutex
	sides map[side]*weights
	room  int // left, in numbers of four bytes
}

// maxKnownWeights bounds what is kept, in numbers of four bytes: 8 MiB, which is hundreds of sides.
const maxKnownWeights = 2 << 20

// of gives the weights of a side, with digits and without exact. The error wraps ErrTooLarge.
func (k *knownWeights) of(s side) (*weights, error) {
	k.mutex.RLock()
	w := k.sides[s]
	k.mutex.RUnlock()
	if w != nil {
		return w, nil
	}
	w, err := newWeights(s.in, s.out, s.from, s.n)
	if err != nil {
		return nil, err
	}
	w.exact = nil
	w.split()
	k.keep(s, w)
	return w, nil
}

// keep remembers weights. A full memory starts afresh: the frequent sides are back soon.
func (k *knownWeights) keep(s side, w *weights) {
	size := len(w.first) + len(w.count) + len(w.fixed) + len(w.start) + len(w.digits)
	if size > maxKnownWeights {
		return
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.sides == nil || size > k.room {
		k.sides, k.room = make(map[side]*weights), maxKnownWeights
	}
	if k.sides[s] == nil {
		k.sides[s] = w
		k.room -= size
	}
}
