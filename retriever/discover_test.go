package retriever

import (
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestNameFinder(t *testing.T) {
	for caption, want := range map[string][]string{
		"a photo of Brad Pitt at a gala":         {"Brad Pitt"},
		"Brad Pitt's new house":                  {"Brad Pitt"},
		"brad pitt":                              nil, // not written as a name
		"BRAD SMITH AT THE GALA":                 {"BRAD SMITH"},
		"Jamie Lee Curtis and Richard E. Grant":  {"Jamie Lee Curtis", "Richard E. Grant"},
		"Vincent van Gogh, Portrait of Jane":     {"Vincent van Gogh"},
		"Paris Hotel, Austin Texas":              nil,
		"Jordan River at dawn":                   nil,
		"Michael. Smith":                         nil, // a sentence ends
		"Michael, Smith":                         nil,
		"Madison Avenue":                         nil,
		"Charlotte Street Gallery":               nil,
		"James's car":                            nil,
		"by Eric Michael Summerer, read":         {"Eric Michael Summerer"}, // the surname is in no list
		"books of Mark Victor Hansen":            {"Mark Victor Hansen"},    // Mark alone starts no name
		"Ann Mason Peter Hansen":                 {"Ann Mason", "Peter Hansen"},
		"A tribute to Larry Brown, author":       {"Larry Brown"},
		"Sherry Brown Leather Sofa":              nil,
		"Credit: Tim Fuller-US PRESSWIRE":        {"Tim Fuller"},
		"Bob Marshall Wilderness":                nil,
		"Kimi Raikkonen and Alice In Wonderland": {"Kimi Raikkonen"},
		"Dell Precision, Le Havre, Hong Kong":    nil,
		"Mary2 Smith":                            nil,
		"Anna Škoda—Peter O’Neill":               {"Anna Škoda", "Peter O’Neill"},
		"Joseph Gordon-Levitt":                   {"Joseph Gordon-Levitt"},
		"\xff\xfeJohn Smith\xff":                 {"John Smith"},
		"John":                                   nil,
		"":                                       nil,
	} {
		t.Run(caption, func(t *testing.T) {
			var got []string
			newNameFinder().find(caption, func(f found) { got = append(got, caption[f.start:f.end]) })
			require.Equal(t, want, got)
		})
	}
}

// A caption of megabytes is looked at a piece at a time, and no more of it is kept than is read: names at its
// start, across the first piece's end and at its end are found, where they are.
func TestDiscoverInAHugeCaption(t *testing.T) {
	const name = "Mary Johnson"
	caption := name + ", " + strings.Repeat("é ", stretchBytes/3-3) + name + ". " + strings.Repeat("a ", 2_000_000) + name
	runtime.GC()
	before := heapBytes()
	got, err := Discover(t.Context(), captions(caption, "with "+name), DiscoverOptions{})
	require.NoError(t, err)
	require.Less(t, int64(heapBytes())-int64(before), int64(64<<20), "words of the whole caption would take 128 MB and more")
	require.Len(t, got.Names, 1)
	require.EqualValues(t, 2, got.Names[0].Count)
	for _, e := range got.Names[0].Examples {
		require.LessOrEqual(t, len(e.Caption), exampleBytes+utf8.UTFMax)
		require.Equal(t, name, e.Caption[e.Start:e.End])
	}
	last := found{len(caption) - len(name), len(caption)}.example(CaptionRow{Caption: caption})
	require.Equal(t, name, last.Caption[last.Start:last.End])
}

func TestDiscover(t *testing.T) {
	src := rowSource{
		{Row: 0, Caption: "Brad Pitt and Brad Pitt"}, {Row: 1, Null: true}, {Row: 2, Caption: "BRAD PITT AT A GALA"},
		{Row: 3, Caption: "Richard E Grant"}, {Row: 4, Caption: "Richard E. Grant with Brad Pitt", URL: "u"}, {Row: 5, Caption: "Ann Miller"},
	}
	src[2].Caption = "Brad PITT" // a surname in capitals is none in a caption that is not
	got, err := Discover(t.Context(), src, DiscoverOptions{Examples: 1})
	require.NoError(t, err)
	require.EqualValues(t, 6, got.Rows)
	require.EqualValues(t, 1, got.Null)
	require.Equal(t, []Discovered{
		{"Brad Pitt", 2, []Example{{0, 0, 9, "Brad Pitt and Brad Pitt", ""}}},
		{"Richard E Grant", 2, []Example{{3, 0, 15, "Richard E Grant", ""}}},
	}, got.Names)

	got, err = Discover(t.Context(), src, DiscoverOptions{MinCount: 1, MaxNames: 2})
	require.NoError(t, err)
	require.Len(t, got.Names, 2)
	require.Equal(t, []string{"1 mentions of further names were not counted: 2 different names are as many as are kept; split the captions"}, got.Warnings)
	_, err = Discover(t.Context(), src, DiscoverOptions{MinCount: -1})
	require.ErrorContains(t, err, "cannot be negative")
}

// Of CC3M's captions none names a person, so any hit would be wrong.
func TestDiscoverFindsNobodyInCC3M(t *testing.T) {
	got, err := Discover(t.Context(), cc3mValidation(t), DiscoverOptions{MinCount: 1})
	require.NoError(t, err)
	require.EqualValues(t, 15833, got.Rows)
	require.Empty(t, got.Names)
}

// FuzzNameFinder: ranges lie in the caption, in order, on names of at least two words.
func FuzzNameFinder(f *testing.F) {
	f.Add("Brad Pitt's house")
	f.Add("J. R. R. Tolkien — Mary-Jane O’Neill\xff")
	finder := newNameFinder()
	f.Fuzz(func(t *testing.T, caption string) {
		last := 0
		finder.find(caption, func(x found) {
			require.True(t, last <= x.start && x.start < x.end && x.end <= len(caption))
			require.GreaterOrEqual(t, len(splitWords(caption[x.start:x.end])), 2)
			last = x.end
		})
	})
}
