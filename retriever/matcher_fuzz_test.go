package retriever

import (
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

// FuzzStrictScreen checks that the screen turns away no caption in which every letter, read one by
// one, finds a name, and that the quick way finds the same.
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

// FuzzPaperScreen checks the same of the paper's rule, against strings.Contains.
func FuzzPaperScreen(f *testing.F) {
	f.Add("Al", "Benedict Wong", "xAl Benedict Won")
	f.Add("Al", "\x00\x00", "Benedict \x00\x00")
	f.Fuzz(func(t *testing.T, one, other, text string) {
		if one == "" || other == "" {
			return
		}
		if strings.Contains(text, one) || strings.Contains(text, other) {
			require.True(t, newScreen([]string{one, other}).anywhere(text))
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
	words := strings.Fields(string(t.normalised(nil)))
	var all []string
	for i := range words {
		all = append(all, strings.Join(words[i:], "")+strings.Join(words[:i], ""))
	}
	return all
}

// FuzzPaper checks the automaton and the comparison around it against one regular expression.
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
