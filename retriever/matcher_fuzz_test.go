package retriever

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzStrict checks what must hold for any name and caption: no panic, ranges that lie on whole
// characters, a match whose own text has the letters of the name, and a name that finds itself.
func FuzzStrict(f *testing.F) {
	for _, c := range strictCases {
		f.Add(c.names[0], c.caption)
	}
	f.Add("0',0", "0")
	f.Add("박", "박\u116b")
	f.Fuzz(func(t *testing.T, name, caption string) {
		roster := rosterOf(name)
		if roster.Validate() != nil {
			return
		}
		m, s := newStrictMatcher(roster), newScratch(1)
		for _, found := range m.find(caption, s) {
			require.True(t, 0 <= found.start && found.start < found.end && found.end <= len(caption), "%+v", found)
			if utf8.ValidString(caption) {
				require.True(t, utf8.ValidString(caption[found.start:found.end]))
			}
			require.Contains(t, lettersOfOrders(name), lettersOf(caption[found.start:found.end]))
		}
		require.NotEmpty(t, m.find(name, s), "a name is a mention of itself")
		require.NotEmpty(t, m.find("x \n"+name+"\n x", s), "also between other words")
	})
}

// FuzzStrictScreen checks that no caption is passed by in which reading all letters finds a name.
func FuzzStrictScreen(f *testing.F) {
	for i, c := range strictCases {
		f.Add(c.names[0], strictCases[(i+1)%len(strictCases)].names[0], c.caption)
	}
	f.Add("Al", "Al Bo", "al b al, bo; &al")
	f.Add("Benedict Wong", "Wong", "benedict &amp wong, benedict")
	f.Fuzz(func(t *testing.T, one, other, caption string) {
		roster := &Roster{Persons: []Person{{ID: "1", Name: one}, {ID: "2", Name: other}}}
		if roster.Validate() != nil {
			return
		}
		m := newStrictMatcher(roster)
		for _, text := range []string{caption, one + caption, caption + " " + other, other + ", " + one} {
			want := slices.Clone(m.findFolded(text, newScratch(2)))
			require.Equal(t, want, slices.Clone(m.find(text, newScratch(2))), text)
		}
	})
}

// FuzzLexicon checks that a lexicon finds all that a look at each word finds, and nothing else.
func FuzzLexicon(f *testing.F) {
	f.Add("al|benedictwong|benedict|benedictwonga", "xalbenedictwongal")
	f.Add("aaaaaaaaa|aaaaaaaaaa|aaaaaaaa|aaaaaaaab", "aaaaaaaaaaaaaaab")
	f.Add("\x00|\x00\x00|al\x00", "al\x00\x00\x00")
	f.Fuzz(func(t *testing.T, list, text string) {
		words := slices.Compact(slices.Sorted(strings.SplitSeq(list, "|")))
		if words[0] == "" {
			return
		}
		l := newLexicon(make([]Person, len(words)), func(share []Person, first int) (all []spelling) {
			for i := range share {
				all = append(all, newSpelling(words[first+i], source{person: int32(first + i)}))
			}
			return all
		})
		padded := append([]byte(text), make([]byte, keyBytes)...)
		for i := range len(text) {
			var want, found []string
			for _, w := range words {
				if strings.HasPrefix(text[i:], w) {
					want = append(want, w)
				}
			}
			if next := binary.LittleEndian.Uint64(padded[i:]); l.knows(next) {
				l.at(padded[i:len(text)], next, func(k int32) { found = append(found, words[l.spellings[k].person]) })
			}
			slices.Sort(found) // two keys may find the same word when it has zeros
			require.Equal(t, want, slices.Compact(found))
		}
	})
}

func lettersOf(text string) string {
	t := newFolded()
	t.read(text)
	return string(t.letters)
}

// lettersOfOrders gives the letters of a name with its words in every rotation.
func lettersOfOrders(name string) []string {
	t := newFolded()
	t.read(name)
	words := strings.Fields(string(t.normalised(nil, 0)))
	var all []string
	for i := range words {
		all = append(all, strings.Join(words[i:], "")+strings.Join(words[:i], ""))
	}
	return all
}

// FuzzPaper checks the search of the longest part and the comparison around it against one regular expression.
func FuzzPaper(f *testing.F) {
	for _, c := range strictCases {
		f.Add(c.names[0], c.caption)
	}
	f.Add("T.J. Thyne", "xT-Jé Thyney")
	f.Fuzz(func(t *testing.T, name, caption string) {
		if rosterOf(name).Validate() != nil || !utf8.ValidString(name) || !utf8.ValidString(caption) {
			return
		}
		at := paperRegexp(name).FindStringIndex(caption)
		found := newPaperMatcher(rosterOf(name)).find(caption, newScratch(1))
		if at == nil {
			require.Empty(t, found)
			return
		}
		require.Equal(t, []match{{start: at[0], end: at[1]}}, found)
	})
}
