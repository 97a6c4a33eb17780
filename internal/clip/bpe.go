package clip

import (
	"fmt"
	"sync"
)

// maxCachedWords bounds the memory of a vocabulary's cache; maxCachedBytes is the longest word
// that is kept. English captions have far fewer distinct words.
const (
	maxCachedWords = 1 << 17
	maxCachedBytes = 48
)

// pair is two neighbouring symbols.
type pair struct{ left, right int32 }

// merge says that a pair becomes one symbol, and how early.
type merge struct{ rank, symbol int32 }

// vocabulary holds CLIP's byte-level byte-pair encoding. It serves any number of goroutines.
type vocabulary struct {
	inner  [256]int32 // symbol of each byte inside a word
	final  [256]int32 // symbol of each byte at the end of a word
	merges map[pair]merge
	start  int64 // id of the token that starts a text
	end    int64 // id of the token that ends it

	mutex sync.RWMutex
	words map[string][]int32
}

// newVocabulary builds a vocabulary from the id of every symbol and the merges, earliest first.
func newVocabulary(ids map[string]int, merges [][2]string, start, end int) (*vocabulary, error) {
	v := &vocabulary{
		merges: make(map[pair]merge, len(merges)),
		start:  int64(start),
		end:    int64(end),
		words:  make(map[string][]int32),
	}
	for i := range 256 {
		symbol := string(byteSymbol(byte(i)))
		inner, known := ids[symbol]
		final, knownFinal := ids[symbol+endOfWord]
		if !known || !knownFinal {
			return nil, fmt.Errorf("byte %d has no symbol %q and %q: not CLIP's byte-level vocabulary", i, symbol, symbol+endOfWord)
		}
		v.inner[i], v.final[i] = int32(inner), int32(final)
	}
	for rank, m := range merges {
		left, knownLeft := ids[m[0]]
		right, knownRight := ids[m[1]]
		both, knownBoth := ids[m[0]+m[1]]
		if !knownLeft || !knownRight || !knownBoth {
			return nil, fmt.Errorf("merge %d (%q %q) uses a symbol that the vocabulary lacks", rank, m[0], m[1])
		}
		key := pair{int32(left), int32(right)}
		if _, repeated := v.merges[key]; !repeated {
			v.merges[key] = merge{int32(rank), int32(both)}
		}
	}
	return v, nil
}

// word appends the ids of one word, which is not empty.
func (v *vocabulary) word(ids []int64, word string) []int64 {
	v.mutex.RLock()
	symbols, found := v.words[word]
	v.mutex.RUnlock()
	if !found {
		symbols = v.encode(word)
		v.remember(word, symbols)
	}
	for _, s := range symbols {
		ids = append(ids, int64(s))
	}
	return ids
}

// remember caches a word. A full cache starts afresh: the frequent words are back soon.
func (v *vocabulary) remember(word string, symbols []int32) {
	if len(word) > maxCachedBytes {
		return
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if len(v.words) >= maxCachedWords {
		clear(v.words)
	}
	// A copy, since word is a slice of its caption, which must not be kept.
	v.words[string([]byte(word))] = symbols
}

// encode merges the bytes of a word until no known pair is left.
func (v *vocabulary) encode(word string) []int32 {
	symbols := make([]int32, len(word))
	for i := range len(word) {
		symbols[i] = v.inner[word[i]]
	}
	symbols[len(word)-1] = v.final[word[len(word)-1]]
	return v.mergeAll(symbols)
}
