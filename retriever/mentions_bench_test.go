package retriever

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// repeated is a source that gives its rows many times over.
type repeated struct {
	rows  rowSource
	times int
}

func (r repeated) Captions(ctx context.Context, visit func(CaptionRow) error) error {
	for range r.times {
		if err := r.rows.Captions(ctx, visit); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkMentions counts the study's 548 persons, and 100,000 invented ones, in the CC3M
// validation captions 20 times over (316,660 rows).
func BenchmarkMentions(b *testing.B) {
	src := repeated{cc3mValidation(b), 20}
	rosters := map[string]*Roster{
		"548":    fixtureRoster(b, "study/laion_membership_occurence_count.csv"),
		"100000": inventedRoster(100_000),
	}
	for _, mode := range []Mode{Strict, Paper} {
		for _, size := range []string{"548", "100000"} {
			b.Run(fmt.Sprintf("%s/names=%s", mode, size), func(b *testing.B) {
				m, err := newMatcher(rosters[size], &MentionOptions{Mode: mode})
				require.NoError(b, err)
				rows := 0
				for b.Loop() {
					err := matchRows(b.Context(), src, matching{matcher: m, persons: len(rosters[size].Persons)}, func(batch *batch) error {
						rows += len(batch.rows)
						return nil
					})
					require.NoError(b, err)
				}
				b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

// BenchmarkMatcher builds the strict matcher for 100,000 names and reports what it keeps.
func BenchmarkMatcher(b *testing.B) {
	roster := inventedRoster(100_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var m *strictMatcher
	for b.Loop() {
		m = newStrictMatcher(roster)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(m)
}

// inventedRoster spells numbers in syllables: n different names of two words.
func inventedRoster(n int) *Roster {
	syllables := strings.Fields("ba be bo da de do fa fe fo ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta te to va ve vo")
	r := &Roster{}
	for i := range n {
		var word [2]strings.Builder
		for k, x := 0, i; k < 6; k++ {
			word[k/3].WriteString(syllables[(x+k)%len(syllables)])
			x /= len(syllables)
		}
		name := "J" + word[0].String() + " M" + word[1].String()
		r.Persons = append(r.Persons, Person{ID: name, Name: name})
	}
	return r
}
