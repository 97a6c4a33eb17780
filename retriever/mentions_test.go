package retriever

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func twoPersons() *Roster {
	return &Roster{Persons: []Person{
		{ID: "ann", Name: "Ann Lee", Aliases: []string{"Annie"}},
		{ID: "bob", Name: "Bob Ray"},
	}}
}

func ptr[T any](v T) *T { return &v }

func TestCountMentions(t *testing.T) {
	src := rowSource{
		{Row: 0, Caption: "Ann Lee and Bob Ray", URL: "u0"},
		{Row: 1, Null: true, URL: "u1"},
		{Row: 2, Caption: "", URL: "u2"},
		{Row: 3, Caption: "Annie, Annie and Ann Lee", URL: "u0"}, // ann: URL repeats row 0's
		{Row: 4, Caption: "ann lee AND bob ray!", URL: "u4"},     // both: caption repeats row 0's
		{Row: 5, Caption: "Annie, Annie and Ann Lee", URL: "u5"}, // new: row 3 was dropped already
		{Row: 6, Caption: "ann lee", Key: "k6"},                  // no URL: told apart by caption
		{Row: 7, Caption: "Ann Lee."},
	}
	var evidence []Mention
	got, err := CountMentions(t.Context(), src, twoPersons(), MentionOptions{Evidence: func(m Mention) error {
		evidence = append(evidence, m)
		return nil
	}})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&MentionCounts{
		Mode: Strict, Rows: 8, Null: 1,
		Persons: []PersonMentions{{Rows: 6, Distinct: ptr(int64(3))}, {Rows: 2, Distinct: ptr(int64(1))}},
	}, got))
	require.Len(t, evidence, 8)
	require.Equal(t, Mention{Person: 1, Row: 0, Alias: "Bob Ray", Start: 12, End: 19, Caption: src[0].Caption, URL: "u0"}, evidence[1])
	require.Equal(t, Mention{Person: 0, Row: 3, Alias: "Annie", Start: 0, End: 5, Caption: src[3].Caption, URL: "u0"}, evidence[2])
	require.Equal(t, "k6", evidence[6].Key)
}

// Whatever the number of workers, the counts and the evidence are the same, in the order of rows.
func TestCountMentionsIsDeterministic(t *testing.T) {
	var src rowSource
	for i := range 20_000 {
		src = append(src, CaptionRow{Row: int64(i), Caption: fmt.Sprintf("%d %s %d", i%7, []string{"Ann Lee", "Bob Ray", "nobody", "Annie & Bob Ray"}[i%4], i%11), URL: fmt.Sprint(i % 5000)})
	}
	count := func(workers int) (*MentionCounts, []string) {
		var rows []string
		c, err := CountMentions(t.Context(), src, twoPersons(), MentionOptions{Workers: workers, Evidence: func(m Mention) error {
			rows = append(rows, fmt.Sprint(m.Row, m.Person, m.Start, m.End))
			return nil
		}})
		require.NoError(t, err)
		return c, rows
	}
	want, wantRows := count(1)
	require.EqualValues(t, 10_000, want.Persons[0].Rows) // rows 0 and 3 of every 4
	for _, workers := range []int{2, 7, 0} {
		got, rows := count(workers)
		require.Empty(t, cmp.Diff(want, got))
		require.Empty(t, cmp.Diff(wantRows, rows))
	}
}

func TestCountMentionsGivesUpTheLargestSet(t *testing.T) {
	var src rowSource
	for i := range 30 {
		src = append(src, CaptionRow{Row: int64(i), Caption: fmt.Sprint("Ann Lee ", i)})
	}
	src = append(src, CaptionRow{Row: 30, Caption: "Bob Ray"})
	got, err := CountMentions(t.Context(), src, twoPersons(), MentionOptions{MaxDistinct: 20})
	require.NoError(t, err)
	require.Equal(t, []PersonMentions{{Rows: 30}, {Rows: 1, Distinct: ptr(int64(1))}}, got.Persons)
	require.Equal(t, []string{"distinct mentions of ann were not measured: more than 20 hashes would be needed"}, got.Warnings)
}

func TestCountMentionsErrors(t *testing.T) {
	src := captions("Ann Lee", "Ann Lee")
	_, err := CountMentions(t.Context(), src, &Roster{}, MentionOptions{})
	require.EqualError(t, err, "the roster has no persons")
	_, err = CountMentions(t.Context(), src, rosterOf("..."), MentionOptions{})
	require.ErrorContains(t, err, `name "..." has no letter or digit`)
	_, err = CountMentions(t.Context(), src, twoPersons(), MentionOptions{Mode: "loose"})
	require.ErrorContains(t, err, `mode "loose" is not known; use "strict" or "paper"`)
	_, err = CountMentions(t.Context(), src, twoPersons(), MentionOptions{Workers: -1})
	require.Error(t, err)

	full := errors.New("disk full")
	_, err = CountMentions(t.Context(), src, twoPersons(), MentionOptions{Evidence: func(Mention) error { return full }})
	require.ErrorIs(t, err, full)

	_, err = CountMentions(t.Context(), brokenSource{}, twoPersons(), MentionOptions{})
	require.ErrorContains(t, err, "a.tsv: line 3 has no tab")
}

type brokenSource struct{}

func (brokenSource) Captions(_ context.Context, visit func(CaptionRow) error) error {
	return errors.Join(visit(CaptionRow{Caption: "Ann Lee"}), errors.New("a.tsv: line 3 has no tab"))
}

// One caption that repeats a name 131,072 times is one row, and costs one match in memory.
func TestCountMentionsInAHugeCaption(t *testing.T) {
	for _, mode := range []Mode{Strict, Paper} {
		src := captions(strings.Repeat("Ann Lee ", 1<<17), "Ann Lee")
		got, err := CountMentions(t.Context(), src, twoPersons(), MentionOptions{Mode: mode})
		require.NoError(t, err)
		require.EqualValues(t, 2, got.Persons[0].Rows)
	}
	_, err := CountMentions(t.Context(), captions(strings.Repeat("x", maxCaption+1)), twoPersons(), MentionOptions{})
	require.ErrorContains(t, err, "row 0: its caption is longer than 67108864 bytes")
}

// endlessSource never ends by itself.
type endlessSource struct{}

func (endlessSource) Captions(ctx context.Context, visit func(CaptionRow) error) error {
	for i := int64(0); ; i++ {
		if err := visit(CaptionRow{Row: i, Caption: strings.Repeat("Ann Lee ", 10)}); err != nil {
			return err
		}
	}
}

// The bubble fails the test when a goroutine is left behind.
func TestCountMentionsCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rows := 0
		_, err := CountMentions(ctx, endlessSource{}, twoPersons(), MentionOptions{Workers: 3, Evidence: func(Mention) error {
			if rows++; rows == 5000 {
				cancel()
			}
			return nil
		}})
		require.ErrorIs(t, err, context.Canceled)
	})
}
