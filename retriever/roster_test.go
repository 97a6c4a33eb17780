package retriever

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/peers"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// fixture gives the path of a shared fixture, or skips the test where the fixtures are absent.
func fixture(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "fixtures", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		peers.Absent(t, "fixture %s is not here: %v", name, err)
	}
	return path
}

func fixtureRoster(t testing.TB, name string) *Roster {
	t.Helper()
	f, err := os.Open(fixture(t, name))
	require.NoError(t, err)
	defer f.Close()
	r, err := ReadRoster(f, name)
	require.NoError(t, err)
	return r
}

func TestReadRosterFormats(t *testing.T) {
	yes, no, twelve, zero := true, false, int64(12), int64(0)
	want := []Person{
		{ID: "jane", Name: "Jane Doe", Aliases: []string{"J. Doe", "Janey"}, Sex: "female", Member: &yes, Count: &twelve, Line: 2},
		{ID: "Ole_Björk_Ås", Name: "Ole Björk Ås", Sex: "male", Member: &no, Count: &zero, Line: 3},
		{ID: "First_Last", Name: "First Last", Line: 4},
	}
	csv := "\ufeffid,name,aliases,sex,member,count\r\njane,Jane Doe,J. Doe| Janey |Jane Doe,F,yes,12.0\r\n,Ole Björk Ås,,male,no,0\r\n,First_Last,,,,\r\n"
	yaml := "# persons\n- {id: jane, name: Jane Doe, aliases: [J. Doe, Janey], sex: f, member: yes, count: 12}\n" +
		"- {name: Ole Björk Ås, sex: man, member: false, count: 0}\n- First_Last\n"
	keyed := "persons:\n- {id: jane, name: Jane Doe, aliases: J. Doe|Janey, sex: f, member: yes, count: 12}\n" +
		"- {name: Ole Björk Ås, sex: m, member: no, count: 0, aliases: null}\n- name: First_Last\n"
	for name, text := range map[string]string{"r.csv": csv, "r.yaml": yaml, "R.YML": keyed} {
		t.Run(name, func(t *testing.T) {
			r, err := ReadRoster(strings.NewReader(text), name)
			require.NoError(t, err)
			require.Empty(t, r.Warnings)
			require.Empty(t, cmp.Diff(want, r.Persons))
		})
	}
}

func TestReadRosterFaults(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             []Fault
	}{
		{"empty", "r.csv", "", []Fault{{0, "it has no persons"}}},
		{"header only", "r.csv", "name\n", []Fault{{0, "it has no persons"}}},
		{"no name column", "r.csv", "id;name\n1;Jane\n", []Fault{{1, `there is no column "name" in the header "id;name"; columns are separated by commas`}}},
		{"column twice", "r.csv", "name,sex,gender\nJane,f,f\n", []Fault{{1, `column "gender" gives the sex, which another column gives already`}}},
		{"every fault is listed", "r.csv", "name,sex,member,count\nJane,q,maybe,-1\n,,,\nJohn,m,no,1.5\n", []Fault{
			{2, `sex is "q"; write female, male, other, or nothing when unknown`},
			{2, `member is "maybe"; write yes, no, or nothing when unknown`},
			{2, `count is "-1"; write a whole number, at least 0, or nothing when unknown`},
			{3, "name is empty"},
			{4, `count is "1.5"; write a whole number, at least 0, or nothing when unknown`},
		}},
		{"repeated id", "r.csv", "name\nJane Doe\nJane Doe\n", []Fault{{3, `id "Jane_Doe" is line 2's already; give each person an id of its own`}}},
		{"id leaves the folder", "r.csv", "id,name\n../x,Jane\n", []Fault{{2, `id "../x" cannot name a photo folder: it starts with "." or has a slash or control character`}}},
		{"no letters", "r.csv", "name,aliases\nJane,...\n", []Fault{{2, `alias "..." has no letter or digit`}}},
		{"cells", "r.csv", "name,sex\nDoe, Jane,f\n", []Fault{{2, "it has 3 cells, the header has 2; put a cell that contains a comma in double quotes"}}},
		{"stray quote", "r.csv", "name\nJane\nJo \"X\" Doe\n,,\n", []Fault{
			{3, `bare " in non-quoted-field; write a quote inside a quoted cell twice`},
			{4, "it has 3 cells, the header has 1; put a cell that contains a comma in double quotes"},
		}},
		{"not UTF-8", "r.csv", "name\nJ\xfcrgen\n", []Fault{{2, `name is not UTF-8: "J\xfcrgen"; save the file as UTF-8`}}},
		{"line break in a name", "r.csv", "name\n\"Jane\nDoe\"\n", []Fault{{2, `name has a line break or control character: "Jane\nDoe"`}}},
		{"yaml is no list", "r.yaml", "name: Jane\n", []Fault{{1, `it must be a list of persons, at the top or under the one key "persons"`}}},
		{"yaml faults", "r.yaml", "- name: [a]\n- [x]\n- name: Jane\n  aliases: {a: b}\n- sex: f\n- {name: A b, name: C d}\n", []Fault{
			{1, "name must be a single value"},
			{2, `a person must be a name or a mapping with the key "name"`},
			{4, `aliases must be a list of texts, or one text with "|" between them`},
			{5, "name is empty"},
			{6, `key "name" appears twice`},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadRoster(strings.NewReader(c.text), c.file)
			var re *RosterError
			require.ErrorAs(t, err, &re)
			require.Empty(t, cmp.Diff(&RosterError{File: c.file, Faults: c.want}, re))
			require.Contains(t, err.Error(), c.file)
			require.Contains(t, err.Error(), c.want[0].Text)
		})
	}
}

func TestReadRosterBoundsFaults(t *testing.T) {
	text := "name,sex\n" + strings.Repeat("Jane,q\n", 50)
	_, err := ReadRoster(strings.NewReader(text), "r.csv")
	var re *RosterError
	require.ErrorAs(t, err, &re)
	require.Len(t, re.Faults, 20)
	require.Equal(t, 30, re.More)
	require.Contains(t, err.Error(), "line 21: sex")
	require.True(t, strings.HasSuffix(err.Error(), "and 30 more"))
}

func TestReadRosterWarnings(t *testing.T) {
	text := "id,name,aliases,aliasses,member,count\n" +
		"a,John Smith,,x,yes,0\n" +
		"b,JOHN SMITH,,,no,0\n" +
		"c,Jack Smith,J.S.|john smith,,,\n" +
		"d,X,,,,\n"
	r, err := ReadRoster(strings.NewReader(text), "r.csv")
	require.NoError(t, err)
	require.Equal(t, []string{
		`line 1: column "aliasses" is not known and is ignored`,
		`line 2: member is "yes" but count is 0`,
		`line 3: "JOHN SMITH" (id b) is a name of id a (line 2) too; captions cannot tell them apart`,
		`line 4: "john smith" (id c) is a name of id a (line 2) too; captions cannot tell them apart`,
		`line 5: name "X" is one letter and matches every such word`,
	}, r.Warnings)
	var homonyms []bool
	for _, p := range r.Persons {
		homonyms = append(homonyms, p.Homonym)
	}
	require.Equal(t, []bool{true, true, true, false}, homonyms)
}

// The study's published lists are rosters as they are. Expected values are read off the files.
func TestReadRosterStudyLists(t *testing.T) {
	r := fixtureRoster(t, "study/laion_membership_occurence_count.csv")
	require.Len(t, r.Persons, 548)
	require.Empty(t, r.Warnings)
	first, last := r.Persons[0], r.Persons[547]
	require.Equal(t, "Malu Leicher false 0", fmt.Sprint(first.Name, " ", *first.Member, " ", *first.Count))
	require.Equal(t, "Jennifer Aniston true 36981", fmt.Sprint(last.Name, " ", *last.Member, " ", *last.Count))
	require.Equal(t, "Jennifer_Aniston", last.ID)

	r = fixtureRoster(t, "study/cc3m_facescrub_actresses_members.csv")
	require.Len(t, r.Persons, 50)
	require.Equal(t, Person{ID: "Tina_Fey", Name: "Tina Fey", Sex: "female", Line: 2}, r.Persons[0])
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("disk gone") }

func TestReadRosterReadError(t *testing.T) {
	_, err := ReadRoster(failingReader{}, "r.csv")
	require.EqualError(t, err, "reading roster r.csv: disk gone")
}

func FuzzReadRoster(f *testing.F) {
	f.Add("id,name,aliases,sex,member,count\na,Jane Doe,J|K,f,yes,3\n", false)
	f.Add("name\n\"Jane\n", false)
	f.Add("- {name: Jane, aliases: [a, b]}\n- &x John\n- *x\n", true)
	f.Add("persons:\n- name: x y\n", true)
	f.Fuzz(func(t *testing.T, text string, yaml bool) {
		name := "r.csv"
		if yaml {
			name = "r.yaml"
		}
		r, err := ReadRoster(strings.NewReader(text), name)
		if err != nil {
			var re *RosterError
			require.ErrorAs(t, err, &re)
			require.NotEmpty(t, re.Faults)
			return
		}
		require.NoError(t, r.Validate())
		ids := map[string]bool{}
		for _, p := range r.Persons {
			require.False(t, ids[p.ID], "id %q twice", p.ID)
			require.NotEmpty(t, p.ID)
			ids[p.ID] = true
		}
	})
}

// A roster of many homonyms marks all of them, and lists a screenful.
func TestRosterListsSomeWarnings(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,name\n")
	for i := range 50 {
		fmt.Fprintf(&b, "%d,Ann Lee\n", i)
	}
	r, err := ReadRoster(strings.NewReader(b.String()), "r.csv")
	require.NoError(t, err)
	require.Len(t, r.Warnings, 21)
	require.Equal(t, `line 3: "Ann Lee" (id 1) is a name of id 0 (line 2) too; captions cannot tell them apart`, r.Warnings[0])
	require.Equal(t, "and 29 more warnings; whoever shares a name is marked as a homonym in every result", r.Warnings[20]) // 49 - 20
	for _, p := range r.Persons {
		require.True(t, p.Homonym, p.ID)
	}
}
