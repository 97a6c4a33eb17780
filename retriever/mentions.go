package retriever

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Mode is the rule by which a caption mentions a person.
type Mode string

const (
	// Strict, the default, reads names as a reader would. Both sides are folded (accents, case, ø
	// ł đ ß æ œ and the like); words are matched whole; a full stop, apostrophe or hyphen of a name
	// is optional ("T.J. Thyne", "TJ Thyne", "T J Thyne"; "Jean-Luc", "Jean Luc"), and initials may
	// stand apart, other letters not; aliases, "Last, First" order and possessives count; words must be
	// adjacent, and sentence punctuation between them breaks the match. HTML entities in a caption are read as the characters they stand for.
	// Scripts that do not put spaces between words need none around a name; Arabic and Hebrew need
	// none before it. A name inside a longer name ("Eric Smith" in "Eric Smith Jones") is a mention
	// of each.
	Strict Mode = "strict"

	// Paper is the published study's rule, pandas' str.contains(name): case-sensitive, accents as
	// written, anywhere in the caption, "." matching any character but a line feed; aliases are not
	// used. The other characters that mean something to a regular expression stand for themselves.
	Paper Mode = "paper"
)

// Mention is one row whose caption mentions one person: the leftmost place, and of the names that
// start there the longest.
type Mention struct {
	Person     int    // index in Roster.Persons
	Row        int64  // CaptionRow.Row
	Key        string // CaptionRow.Key
	Alias      string // the name or alias matched, as the roster writes it
	Start, End int    // byte range in Caption, from the first letter matched to the last
	Caption    string
	URL        string
}

// MentionOptions says how to count. The zero value counts by the strict rule on all cores.
type MentionOptions struct {
	Mode    Mode // "" is Strict
	Workers int  // goroutines that match; 0 is one a core

	// MaxDistinct bounds what is remembered to tell repeated rows apart: two hashes of 8 bytes for
	// each row that mentions somebody. 0 is 1<<24 hashes. When they are more, the person with the
	// most is given up: Distinct is nil for that person, which a warning says; Rows stays exact.
	MaxDistinct int

	// Evidence, when set, gets every mention in the order of rows, and within a row of persons,
	// from one goroutine. Its error ends the count.
	Evidence func(Mention) error

	// Progress, when set, is told now and then how many rows were counted, never two calls at once.
	Progress func(rows int64)
}

// MentionCounts is what CountMentions found. Every count is exact.
type MentionCounts struct {
	Mode     Mode
	Rows     int64            // rows read, those without a caption included
	Null     int64            // rows without a caption
	Persons  []PersonMentions // as Roster.Persons
	Warnings []string
}

// PersonMentions counts one person's mentions.
type PersonMentions struct {
	Rows int64 // rows whose caption mentions the person

	// Distinct is Rows after dropping, in order, rows with the URL of an earlier one, and of those
	// that are left rows with the folded caption of an earlier one. nil was not measured.
	Distinct *int64
}

// CountMentions counts in one pass over src how many rows mention each person. Memory follows the
// names and the mentions, not the rows. The result does not depend on the number of workers. ctx
// ends it early with ctx's error.
func CountMentions(ctx context.Context, src CaptionSource, roster *Roster, o MentionOptions) (*MentionCounts, error) {
	m, parts, err := prepare(ctx, src, roster, &o)
	if err != nil {
		return nil, err
	}
	t := newTally(roster, o)
	if err := matchRows(ctx, parts, m, t.add); err != nil {
		return nil, fmt.Errorf("counting mentions: %w", err)
	}
	return t.counts(), nil
}

// prepare makes the matcher while it finds the parts of the source, which may be many files far away.
func prepare(ctx context.Context, src CaptionSource, roster *Roster, o *MentionOptions) (m matching, parts []CaptionPart, err error) {
	if err := roster.Validate(); err != nil {
		return m, nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if parts, err = partsOf(ctx, src); err != nil {
			return fmt.Errorf("counting mentions: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		matcher, err := newMatcher(roster, o)
		m = matching{matcher: matcher, persons: len(roster.Persons), workers: o.Workers, texts: o.Evidence != nil}
		return err
	})
	err = g.Wait()
	return m, parts, err
}

func newMatcher(roster *Roster, o *MentionOptions) (matcher, error) {
	if o.Workers < 0 || o.MaxDistinct < 0 {
		return nil, errors.New("counting mentions: the number of workers and MaxDistinct cannot be negative")
	}
	switch o.Mode {
	case "", Strict:
		o.Mode = Strict
		return newStrictMatcher(roster), nil
	case Paper:
		return newPaperMatcher(roster), nil
	}
	return nil, fmt.Errorf("counting mentions: mode %q is not known; use %q or %q", o.Mode, Strict, Paper)
}

// tally adds up the matches of batches that come in the order of rows.
type tally struct {
	roster  *Roster
	options MentionOptions
	result  MentionCounts
	seen    *distinct
	partial *partialWriter // nil, unless the count is a part of one
}

func newTally(roster *Roster, o MentionOptions) *tally {
	n := len(roster.Persons)
	return &tally{
		roster: roster, options: o, seen: newDistinct(n, o.MaxDistinct),
		result: MentionCounts{Mode: o.Mode, Persons: make([]PersonMentions, n)},
	}
}

func (t *tally) add(b *batch) error {
	t.result.Rows += int64(b.count)
	t.result.Null += b.null
	for i := range b.hits {
		h := &b.hits[i]
		if err := t.keep(matchKey{person: h.person, part: int64(b.part), row: h.row, url: h.url, caption: h.caption}); err != nil {
			return err
		}
		if t.options.Evidence == nil {
			continue
		}
		err := t.options.Evidence(Mention{
			Person: int(h.person), Row: b.first + h.row, Key: h.text.Key, Alias: t.roster.Persons[h.person].alias(h.alias),
			Start: h.start, End: h.end, Caption: h.text.Caption, URL: h.text.URL,
		})
		if err != nil {
			return err
		}
	}
	if t.options.Progress != nil {
		t.options.Progress(t.result.Rows)
	}
	return nil
}

// keep counts one match, or leaves that to the merge of the parts.
func (t *tally) keep(k matchKey) error {
	if t.partial != nil {
		return t.partial.write(k)
	}
	t.result.Persons[k.person].Rows++
	t.seen.add(int(k.person), k.url, k.caption)
	return nil
}

func (t *tally) counts() *MentionCounts {
	for i := range t.result.Persons {
		n, ok := t.seen.count(i)
		if ok {
			t.result.Persons[i].Distinct = &n
			continue
		}
		t.result.Warnings = append(t.result.Warnings, fmt.Sprintf(
			"distinct mentions of %s were not measured: more than %d hashes would be needed",
			t.roster.Persons[i].ID, t.seen.limit))
	}
	return &t.result
}
