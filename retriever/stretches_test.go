package retriever

import (
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzStretches checks that a caption read a stretch at a time has the matches and the hash that it has
// when it is read as a whole.
func FuzzStretches(f *testing.F) {
	for _, c := range strictCases {
		f.Add(c.names[0], c.caption, "x")
		f.Add(c.names[0], c.caption, "&amp;́ é 박")
	}
	f.Fuzz(func(t *testing.T, name, caption, between string) {
		const stretch = 300
		roster := rosterOf(name)
		if roster.Validate() != nil || len(caption)+len(between) > stretch-10 {
			return // longer ones may have nothing but accents where a stretch ends
		}
		// Mentions of the name stand at all places of a stretch, the first one far from the start.
		text := strings.Repeat(between+" \n", 700/(len(between)+2)) + strings.Repeat(caption+between+" ", 20)
		m, whole, parts := newStrictMatcher(roster), newScratch(1), newScratch(1)
		whole.text.stretch, parts.text.stretch = len(text), stretch
		require.Equal(t, slices.Clone(m.findFolded(text, whole)), slices.Clone(m.findFolded(text, parts)), text)
		require.Equal(t, whole.captionHash(text), parts.captionHash(text), text)
	})
}

// A name is found wherever it lies in a long caption, also across the end of a stretch.
func TestNamesBetweenStretches(t *testing.T) {
	m, s := newStrictMatcher(rosterOf("Zoë O'Brien")), newScratch(1)
	for _, filler := range []string{"é", "x", "&eacute;"} {
		for off := range 40 {
			before := strings.Repeat(filler+" ", stretchBytes/(len(filler)+1)) + strings.Repeat(".", off) + " "
			caption := before[off*2:] + "Zoe\u0308 O&#39;Brien, " + strings.Repeat(filler, stretchBytes)
			found := m.find(caption, s)
			require.Len(t, found, 1, "%s, %d", filler, off)
			require.Equal(t, "Zoe\u0308 O&#39;Brien", caption[found[0].start:found[0].end])
		}
	}
}

// What matching a long caption takes is little, whatever it is made of. Garbage counts: the heap grows to
// twice what is in use before it is collected.
func TestMemoryOfLongCaptions(t *testing.T) {
	const size = 3_000_000
	for _, text := range []string{"é", "e\u0301 ", "&eacute;", "\ufdfa", "&", "a ", "ｶﾞ", "\u0301", "成"} {
		t.Run(text, func(t *testing.T) {
			caption := strings.Repeat(text, size/len(text)) + " Zoë O'Brien"
			m, s := newStrictMatcher(rosterOf("Zoë O'Brien")), newScratch(1)
			runtime.GC()
			before, most := heapBytes(), uint64(0)
			done := make(chan struct{})
			go func() {
				defer close(done)
				require.Len(t, m.find(caption, s), 1)
				s.captionHash(caption)
			}()
			for running := true; running; {
				select {
				case <-done:
					running = false
				case <-time.After(time.Millisecond):
				}
				most = max(most, heapBytes())
			}
			t.Logf("%d KiB more than before", (most-before)>>10)
			require.Less(t, most, 2*before+6*size)
			runtime.KeepAlive(caption)
		})
	}
}

// heapBytes gives the memory of objects on the heap, dead ones that were not collected yet included.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
