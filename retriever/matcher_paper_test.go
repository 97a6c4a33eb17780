package retriever

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPaperCases(t *testing.T) {
	for _, c := range []struct{ name, caption, want string }{
		{"Brad Moss", "xBrad Mossy", "Brad Moss"},
		{"Brad Moss", "brad moss", ""},
		{"Brad Moss", "Brad  Moss", ""},
		{"Adrianne León", "Adrianne Leon", ""},
		{"Adrianne León", "Adrianne Leo\u0301n", ""},
		{"T.J. Thyne", "T.J. Thyne", "T.J. Thyne"},
		{"T.J. Thyne", "T-Jé Thyne", "T-Jé Thyne"},
		{"T.J. Thyne", "TJ Thyne", ""},
		{"T.J. Thyne", "T\nJ. Thyne", ""},
		{"T.J. Thyne", "T\rJ\u2028 Thyne", "T\rJ\u2028 Thyne"}, // "." leaves out the line feed alone
		{"J. Al", "J. J😀 Al", "J😀 Al"},
		{"Brad.", "Brad", ""},
		{"Brad.", "Brad!", "Brad!"},
		{".Brad", "Brad", ""},
		{".Brad", "éBrad", "éBrad"},
		{"A..B", "xA12B", "A12B"},
		{"A..B", "A1B", ""},
		{"Ann (Lee)", "Ann (Lee)", "Ann (Lee)"}, // no groups: brackets stand for themselves
		{"Ann*", "Ann", ""},
		{"aa", "aaaa", "aa"},
		{"Brad Moss", "", ""},
	} {
		t.Run(c.name+" in "+c.caption, func(t *testing.T) {
			found := newPaperMatcher(rosterOf(c.name)).find(c.caption, newScratch(1))
			if c.want == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, c.want, c.caption[found[0].start:found[0].end])
		})
	}
}

// The figures are pandas 3.1.1's: df.caption.str.contains(name).sum() over the same file.
func TestPaperAgreesWithPandas(t *testing.T) {
	want := map[string]int64{
		"person": 1675, "actor": 496, "a.tor": 501, "o. the": 3001, "t.j": 18, "football": 185, "city": 391,
		"pop artist": 94, "art": 1291, ".n .he": 2987, "e": 15577, "s. .": 3978, "author : a life": 1, "in pictures": 2,
	}
	roster := &Roster{}
	for name := range want {
		roster.Persons = append(roster.Persons, Person{ID: name, Name: name})
	}
	counts, err := CountMentions(t.Context(), cc3mValidation(t), roster, MentionOptions{Mode: Paper})
	require.NoError(t, err)
	require.EqualValues(t, 15833, counts.Rows)
	for i, p := range roster.Persons {
		require.Equal(t, want[p.Name], counts.Persons[i].Rows, p.Name)
	}
}

// paperRegexp is the reference: the name with "." as written and everything else quoted.
func paperRegexp(name string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(name), `\.`, "."))
}

// One regular expression a name, over a part of the fixture.
func TestPaperAgreesWithRegexp(t *testing.T) {
	rows := cc3mValidation(t)[:600]
	names := firstColumn(t, "names/first_names_top1000_per_sex.csv")
	for i := range names {
		names[i] = strings.ToLower(names[i]) // as CC3M has its captions
		if i%3 == 0 && len(names[i]) > 2 {   // a full stop in some
			names[i] = names[i][:1] + "." + names[i][2:]
		}
	}
	roster := &Roster{}
	for _, n := range names {
		roster.Persons = append(roster.Persons, Person{ID: n, Name: n})
	}
	got := make([][]int64, len(names))
	_, err := CountMentions(t.Context(), rows, roster, MentionOptions{Mode: Paper, Evidence: func(m Mention) error {
		got[m.Person] = append(got[m.Person], m.Row<<32|int64(m.Start)<<16|int64(m.End))
		return nil
	}})
	require.NoError(t, err)
	total := 0
	for i, n := range names {
		re := paperRegexp(n)
		var want []int64
		for _, r := range rows {
			if at := re.FindStringIndex(r.Caption); at != nil {
				want = append(want, r.Row<<32|int64(at[0])<<16|int64(at[1]))
			}
		}
		require.Equal(t, want, got[i], n)
		total += len(want)
	}
	require.Greater(t, total, 500)
}
