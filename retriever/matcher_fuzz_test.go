package retriever

import (
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
