package retriever

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// manyRows is five blocks of rows in which URLs and captions repeat across blocks.
func manyRows() rowSource {
	var src rowSource
	for i := range 5*taskBlock - 7 {
		src = append(src, CaptionRow{
			Row: int64(i), Null: i%97 == 0, URL: fmt.Sprint("u", i%3001),
			Caption: fmt.Sprintf("%d %s", i%1013, []string{"Ann Lee", "Bob Ray", "nobody", "Annie & Bob Ray"}[i%4]),
		})
	}
	return src
}

func partials(t *testing.T, roster *Roster, of int) []PartialFile {
	t.Helper()
	var files []PartialFile
	for i := range of {
		var b bytes.Buffer
		require.NoError(t, CountPartial(t.Context(), manyRows(), roster, MentionOptions{}, Task{i + 1, of}, &b))
		files = append(files, PartialFile{fmt.Sprintf("part%d", i+1), &b})
	}
	return files
}

// Merged parts, in whatever order, say what one count over all rows says.
func TestMergePartialsEqualsOneCount(t *testing.T) {
	want, err := CountMentions(t.Context(), manyRows(), twoPersons(), MentionOptions{})
	require.NoError(t, err)
	for _, of := range []int{1, 2, 3, 8} { // with 8, three tasks have no rows
		files := partials(t, twoPersons(), of)
		files[0], files[of-1] = files[of-1], files[0]
		got, err := MergePartials(t.Context(), files, twoPersons(), MentionOptions{})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, got), of)
	}
}

func TestMergePartialsRefuses(t *testing.T) {
	other := twoPersons()
	other.Persons[0].Aliases = nil
	text := func(f PartialFile) string { return f.R.(*bytes.Buffer).String() }
	whole := partials(t, twoPersons(), 2)
	one, two := text(whole[0]), text(whole[1])
	lines := strings.SplitAfter(one, "\n")
	for name, c := range map[string]struct {
		parts  []string
		roster *Roster
		want   string
	}{
		"none":         {nil, twoPersons(), "no partial count to merge"},
		"missing":      {[]string{one}, twoPersons(), "task 2 of 2 is missing"},
		"twice":        {[]string{one, one}, twoPersons(), "part1 and part2 are both task 1"},
		"roster":       {[]string{one, two}, other, "another roster"},
		"no partial":   {[]string{"id,name\n"}, twoPersons(), "part1: line 1: this is no partial count"},
		"empty":        {[]string{""}, twoPersons(), "part1: line 1: the file ends too early"},
		"cut":          {[]string{strings.Join(lines[:9], ""), two}, twoPersons(), "part1: line 10: the file ends too early"},
		"a line less":  {[]string{strings.Join(append(lines[:5:5], lines[6:]...), ""), two}, twoPersons(), "the last line does not fit"},
		"out of order": {[]string{lines[0] + lines[9] + lines[1], two}, twoPersons(), "is no match of person, row and two hashes in order"},
		"person":       {[]string{lines[0] + "2 0 0 0\n", two}, twoPersons(), "part1: line 2: \"2 0 0 0\" is no match"},
		"another mode": {[]string{one, strings.Replace(two, "strict", "paper", 1)}, twoPersons(), "part2 is a task of 2 in mode paper"},
	} {
		t.Run(name, func(t *testing.T) {
			var files []PartialFile
			for i, p := range c.parts {
				files = append(files, PartialFile{fmt.Sprintf("part%d", i+1), strings.NewReader(p)})
			}
			_, err := MergePartials(t.Context(), files, c.roster, MentionOptions{})
			require.ErrorContains(t, err, c.want)
		})
	}
	err := CountPartial(t.Context(), manyRows(), twoPersons(), MentionOptions{}, Task{3, 2}, &bytes.Buffer{})
	require.ErrorContains(t, err, "task 3 of 2 is none")
}

// FuzzMergePartials: whatever the file says, an error or a count of what it says, no panic.
func FuzzMergePartials(f *testing.F) {
	digest := rosterDigest(twoPersons())
	head := fmt.Sprintf(`{"format":%q,"mode":"strict","roster":%q,"task":1,"of":1}`, partialFormat, digest)
	f.Add(head + "\n0 1 a b\n1 1 0 b\n{\"rows\":3,\"null\":1,\"matches\":2}\n")
	f.Add(head + "\n{\"rows\":0,\"null\":0,\"matches\":0}\n")
	f.Add(head + "\n0 -1 a b\n")
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := MergePartials(t.Context(), []PartialFile{{"f", strings.NewReader(text)}}, twoPersons(), MentionOptions{})
		if err != nil {
			return
		}
		matches := got.Persons[0].Rows + got.Persons[1].Rows
		require.EqualValues(t, matches, strings.Count(strings.TrimSuffix(text, "\n"), "\n")-1)
	})
}
