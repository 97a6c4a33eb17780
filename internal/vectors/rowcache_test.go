package vectors

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRowCacheIsBounded(t *testing.T) {
	c := newRowCache()
	for slab := range int64(maxSlabs) {
		c.put(slabKey{0, slab}, []metadataRow{{}})
	}
	require.NotNil(t, c.get(slabKey{0, 0})) // now the most recent
	c.put(slabKey{1, 0}, []metadataRow{{}})
	require.Len(t, c.slabs, maxSlabs)
	require.Equal(t, maxSlabs, c.order.Len())
	require.NotNil(t, c.get(slabKey{0, 0}))
	require.Nil(t, c.get(slabKey{0, 1}), "unused for longest")
}
