package retriever

import (
	"encoding/csv"
	"fmt"
	"os"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

func TestNameFinder(t *testing.T) {
	for caption, want := range map[string][]string{
		"a photo of Brad Pitt at a gala":        {"Brad Pitt"},
		"Brad Pitt's new house":                 {"Brad Pitt"},
		"brad pitt":                             nil, // not written as a name
		"BRAD SMITH AT THE GALA":                {"BRAD SMITH"},
		"Jamie Lee Curtis and Richard E. Grant": {"Jamie Lee Curtis", "Richard E. Grant"},
		"Vincent van Gogh, Portrait of Jane":    {"Vincent van Gogh"},
		"Paris Hotel, Austin Texas":             nil,
		"Jordan River at dawn":                  nil,
		"Michael. Smith":                        nil, // a sentence ends
		"Michael, Smith":                        nil,
		"Madison Avenue":                        nil,
		"Charlotte Street Gallery":              nil,
		"James's car":                           nil,
		"Mary2 Smith":                           nil,
		"Anna Škoda—Peter O’Neill":              {"Anna Škoda", "Peter O’Neill"},
		"Joseph Gordon-Levitt":                  {"Joseph Gordon-Levitt"},
		"\xff\xfeJohn Smith\xff":                {"John Smith"},
		"John":                                  nil,
		"":                                      nil,
	} {
		t.Run(caption, func(t *testing.T) {
			var got []string
			newNameFinder().find(caption, func(f found) { got = append(got, caption[f.start:f.end]) })
			require.Equal(t, want, got)
		})
	}
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

// Every hit in 1,000 real captions was labelled by hand: person, or what it is instead. 67 of 71
// are persons. A change that finds other hits has to be labelled anew.
func TestDiscoverPrecision(t *testing.T) {
	type row struct {
		Text string `parquet:"TEXT,optional"`
	}
	rows, err := parquet.ReadFile[row](fixture(t, "captions/img2dataset_1000.parquet"))
	require.NoError(t, err)
	f, err := os.Open("testdata/discovered_labels.csv")
	require.NoError(t, err)
	defer f.Close()
	labels, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	want, persons := []string{}, 0
	for _, l := range labels[1:] {
		want = append(want, l[0]+","+l[1])
		if l[2] == "person" {
			persons++
		}
	}
	got := []string{}
	finder := newNameFinder()
	for i, r := range rows {
		n := 0
		finder.find(r.Text, func(found) {
			n++
			got = append(got, fmt.Sprintf("%d,%d", i, n))
		})
	}
	require.Equal(t, want, got)
	require.Equal(t, []int{67, 71}, []int{persons, len(want)})
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
