package indexer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLRUForgetsWhatWasUsedLongestAgo(t *testing.T) {
	l := newLRU[string, int](2)
	made := 0
	get := func(key string) (int, bool) {
		return l.get(key, func() int { made++; return made })
	}
	for _, step := range []struct {
		key   string
		value int
		known bool
	}{{"a", 1, false}, {"b", 2, false}, {"a", 1, true}, {"c", 3, false}, {"b", 4, false}, {"c", 3, true}, {"a", 5, false}} {
		value, known := get(step.key)
		require.Equal(t, step.value, value, step.key)
		require.Equal(t, step.known, known, step.key)
		require.LessOrEqual(t, len(l.at), 2)
	}
}
