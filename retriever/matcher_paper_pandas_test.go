package retriever

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"rollcall/internal/peers"

	"github.com/stretchr/testify/require"
)

// Names that the study's line cannot read as they are, because they mean something else to a regular
// expression, or that it reads as something else.
var unreadableNames = []string{"Ann (Lee", "*NSYNC", "Ann [Lee", "C++"}
var misreadNames = []string{"Ann (Lee)", "M*A*S*H", "Who?", "A|B", "Ke$ha", "^Ann", `back\bslash`, "Ann {2}", "[Lee]"}

// Captions that real ones may not have: what the names above are in, and what "." may stand for.
var oddCaptions = []any{
	nil, "", "Ann (Lee)", "Ann Lee", "Ann (Lee", "with *NSYNC, NSYNC", "Ann [Lee] by M*A*S*H, MASH", "Who? Wh", "A|B, not A nor B",
	"Ke$ha Keha", "^Ann Ann", `back\bslash back slash`, "Ann {2}", "Ann  Lee", "C++ C", nil,
	"T.J. Thyne", "T\nJ. Thyne", "T\rJ. Thyne", "T\u2028J. Thyne", "T\U0001f600J. Thyne", "TJ Thyne", "xT.J. Thyneson", "t.j. thyne",
	"Adrianne Leo\u0301n", "Adrianne León", "Zoë Saldaña\u00a0and Beyonce\u0301", "É. E\u0301.", "İstanbul ıstanbul", "ǅ straße STRASSE", "成龙 成 龙",
}

// TestPaperFindsTheRowsThatPandasFinds compares the rows of each name, not how many they are: the
// study's persons, runs of words out of real captions, and names with accents, full stops and what
// regular expressions are made of. The captions are 15,833 of CC3M, 1,000 of LAION in many languages,
// and odd ones, nulls among them.
func TestPaperFindsTheRowsThatPandasFinds(t *testing.T) {
	names := append(slices.Clone(unreadableNames), misreadNames...)
	names = append(names, "T.J. Thyne", "Adrianne León", "Leo\u0301n", "Zoë", "Beyoncé", "É.", "İ", "ı", "straße", "成龙", "e", ".a", "n.", "a..a", "J. .", "ǅ")
	for _, p := range fixtureRoster(t, "study/laion_membership_occurence_count.csv").Persons {
		names = append(names, p.Name)
	}
	for i, row := range cc3mValidation(t) {
		if words := strings.Fields(row.Caption); i%60 == 0 && len(words) > 3 {
			names = append(names, strings.Join(words[1:3], " "), words[0])
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return rosterOf(name).Validate() != nil })
	input, err := json.Marshal(map[string]any{
		"names": names, "more": oddCaptions,
		"tsv": fixture(t, "captions/cc3m_validation.tsv"), "parquet": fixture(t, "captions/img2dataset_1000.parquet"),
	})
	require.NoError(t, err)
	scan := exec.CommandContext(t.Context(), peers.Python(t), "testdata/paper_scan.py")
	scan.Stdin, scan.Stderr = bytes.NewReader(input), os.Stderr
	output, err := scan.Output()
	require.NoError(t, err)
	var pandas struct {
		Pandas   string
		Captions []*string
		Rows     map[string][]int64
		Error    map[string]string
	}
	require.NoError(t, json.Unmarshal(output, &pandas))

	var src rowSource
	for i, c := range pandas.Captions {
		row := CaptionRow{Row: int64(i), Null: c == nil}
		if c != nil {
			row.Caption = *c
			require.True(t, utf8.ValidString(*c))
		}
		src = append(src, row)
	}
	roster := &Roster{}
	for name := range pandas.Rows {
		roster.Persons = append(roster.Persons, Person{ID: name, Name: name})
	}
	got := map[string][]int64{}
	counts, err := CountMentions(t.Context(), src, roster, MentionOptions{Mode: Paper, Evidence: func(m Mention) error {
		name := roster.Persons[m.Person].Name
		got[name] = append(got[name], m.Row)
		return nil
	}})
	require.NoError(t, err)
	require.EqualValues(t, 15833+1000+len(oddCaptions), counts.Rows)
	found, matches := 0, 0
	for name, rows := range pandas.Rows {
		require.Equal(t, append([]int64{}, rows...), append([]int64{}, got[name]...), name)
		if len(rows) > 0 {
			found++
		}
		matches += len(rows)
	}
	t.Logf("pandas %s: %d names, %d of them in %d captions, %d rows", pandas.Pandas, len(pandas.Rows), found, len(src), matches)
	require.Greater(t, found, 400)
	for _, name := range unreadableNames {
		require.Contains(t, pandas.Error, name, "pandas stops at it, and here it is a name")
	}
	for _, name := range misreadNames {
		require.Equal(t, "the study's line finds other rows", pandas.Error[name], name)
	}
	require.Contains(t, pandas.Error, "a null", "pandas stops at a caption that is missing, and here it is a row")
}
