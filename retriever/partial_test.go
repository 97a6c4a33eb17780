package retriever

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// manyRows is five parts of rows in which URLs and captions repeat across parts.
func manyRows() partSource {
	src := partSource{size: 4096}
	for i := range 5*src.size - 7 {
		src.rowSource = append(src.rowSource, CaptionRow{
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

// watchedSource counts how many of its rows are read.
type watchedSource struct {
	partSource
	read *atomic.Int64
}

func (s watchedSource) Parts(ctx context.Context) ([]CaptionPart, error) {
	parts, err := s.partSource.Parts(ctx)
	for i := range parts {
		read := parts[i].Read
		parts[i].Read = func(ctx context.Context, visit func([]CaptionRow) error) error {
			return read(ctx, func(rows []CaptionRow) error {
				s.read.Add(int64(len(rows)))
				return visit(rows)
			})
		}
	}
	return parts, err
}

// Task 2 of 3 has the second and the last of five parts, of 4,096 and 4,089 rows, and reads no other.
func TestCountPartialReadsItsShareAlone(t *testing.T) {
	src := watchedSource{manyRows(), &atomic.Int64{}}
	var rows []int64
	keep := func(m Mention) error { rows = append(rows, m.Row); return nil }
	require.NoError(t, CountPartial(t.Context(), src, twoPersons(), MentionOptions{Evidence: keep}, Task{2, 3}, io.Discard))
	require.EqualValues(t, 4096+4089, src.read.Load())
	require.EqualValues(t, 4096, rows[0])
	require.Greater(t, rows[len(rows)-1], int64(4*4096))

	src.unnumbered = true
	require.NoError(t, CountPartial(t.Context(), src, twoPersons(), MentionOptions{}, Task{2, 3}, io.Discard))
	err := CountPartial(t.Context(), src, twoPersons(), MentionOptions{Evidence: keep}, Task{2, 3}, io.Discard)
	require.ErrorContains(t, err, "it cannot number its evidence")
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
		"out of order": {[]string{lines[0] + lines[9] + lines[1], two}, twoPersons(), "is no match of person, part, row and two hashes in order"},
		"person":       {[]string{lines[0] + "2 0 0 0 0\n", two}, twoPersons(), "part1: line 2: \"2 0 0 0 0\" is no match"},
		"another mode": {[]string{one, strings.Replace(two, "strict", "paper", 1)}, twoPersons(), "part2 is a task of 2 in mode paper"},
		"other files":  {[]string{one, strings.Replace(two, `"parts":5`, `"parts":6`, 1)}, twoPersons(), "over a source of 6 parts, and part1 of 2 in mode strict over 5"},
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
	head := fmt.Sprintf(`{"format":%q,"mode":"strict","roster":%q,"task":1,"of":1,"parts":1}`, partialFormat, digest)
	f.Add(head + "\n0 0 1 a b\n1 0 1 0 b\n{\"rows\":3,\"null\":1,\"matches\":2}\n")
	f.Add(head + "\n{\"rows\":0,\"null\":0,\"matches\":0}\n")
	f.Add(head + "\n0 0 -1 a b\n")
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
