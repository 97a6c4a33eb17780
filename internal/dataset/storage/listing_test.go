package storage

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A million names of 13 bytes take 13 bytes each and 8 for their place, with no more than half as much
// again for room to grow.
func TestListingIsCompact(t *testing.T) {
	const names = 1_000_000
	order := rand.New(rand.NewPCG(43, 47)).Perm(names)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var l Listing
	for _, n := range order {
		l.add(Entry{Name: fmt.Sprintf("%09d.jpg", n)})
	}
	l.Sort(byName)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(order)
	each := float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / names
	t.Logf("%.1f bytes a name", each)
	require.Less(t, each, 1.5*(13+8))
	n := 0
	for e := range l.All() {
		require.Equal(t, fmt.Sprintf("%09d.jpg", n), e.Name)
		n++
	}
	require.Equal(t, names, n)
	require.True(t, l.Has("000999999.jpg"))
	require.False(t, l.Has("1000000.jpg"))
}

// Names of any length keep their kind and what was said of them, and sort without the slash of folders.
func TestListingKeepsKinds(t *testing.T) {
	long := fmt.Sprintf("%01024d", 7)
	want := []Entry{{Name: long, Size: 1 << 40, Tag: `"long"`}, {Name: "a", Dir: true}, {Name: "a-b", Link: true}, {Name: "a.txt", Tag: `"e"`}, {Name: "ab", Dir: true, Link: true}}
	var l Listing
	for _, i := range []int{3, 1, 4, 0, 2} {
		l.add(want[i])
	}
	l.Sort(byName)
	require.Equal(t, want, slices.Collect(l.All()))
}
