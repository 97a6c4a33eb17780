package retriever

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// While the first part is stuck, the second is read until its matches with their captions, of 64 KiB
// each, fill 64 MiB, and not to its end; the order of rows is kept, and all are counted in the end.
func TestLaterPartsWaitWhenTheirMatchesAreMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows = 1500
		caption := "Ann Lee " + strings.Repeat("x", 64<<10)
		release, read := make(chan struct{}), atomic.Int64{}
		parts := []CaptionPart{
			{First: 0, Read: func(_ context.Context, visit func([]CaptionRow) error) error {
				<-release
				return visit([]CaptionRow{{Caption: "Ann Lee"}})
			}},
			{First: -1, Read: func(_ context.Context, visit func([]CaptionRow) error) error {
				for i := range int64(rows) {
					if err := visit([]CaptionRow{{Row: i, Caption: caption}}); err != nil {
						return err
					}
					read.Add(1)
				}
				return nil
			}},
		}
		next, done := int64(0), make(chan error)
		var counts *MentionCounts
		go func() {
			var err error
			counts, err = CountMentions(t.Context(), fixedParts(parts), twoPersons(), MentionOptions{Workers: 2, Evidence: func(m Mention) error {
				require.Equal(t, next, m.Row)
				next++
				return nil
			}})
			done <- err
		}()
		synctest.Wait()
		require.Greater(t, read.Load(), int64(1000))
		require.Less(t, read.Load(), int64(1100))
		close(release)
		require.NoError(t, <-done)
		require.EqualValues(t, 1+rows, counts.Persons[0].Rows)
		require.EqualValues(t, 2, *counts.Persons[0].Distinct)
	})
}

// fixedParts is a source of these parts.
type fixedParts []CaptionPart

func (p fixedParts) Parts(context.Context) ([]CaptionPart, error) { return p, nil }

func (p fixedParts) Captions(context.Context, func(CaptionRow) error) error { panic("read in parts") }
