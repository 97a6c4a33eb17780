package retriever

import (
	"encoding/csv"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkMentions counts the study's 548 persons, and 100,000 invented ones, in the CC3M
// validation captions 20 times over (316,660 rows).
func BenchmarkMentions(b *testing.B) {
	var src rowSource
	for range 20 {
		src = append(src, cc3mValidation(b)...)
	}
	parts, err := partSource{rowSource: src, size: 50_000}.Parts(b.Context())
	require.NoError(b, err)
	rosters := map[string]*Roster{
		"548":    fixtureRoster(b, "study/laion_membership_occurence_count.csv"),
		"100000": inventedRoster(b, 100_000),
	}
	for _, mode := range []Mode{Strict, Paper} {
		for _, size := range []string{"548", "100000"} {
			b.Run(fmt.Sprintf("%s/names=%s", mode, size), func(b *testing.B) {
				m, err := newMatcher(rosters[size], &MentionOptions{Mode: mode})
				require.NoError(b, err)
				rows, cpu := 0, cpuSeconds(b)
				for b.Loop() {
					err := matchRows(b.Context(), parts, matching{matcher: m, persons: len(rosters[size].Persons)}, func(batch *batch) error {
						rows += batch.count
						return nil
					})
					require.NoError(b, err)
				}
				b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric(float64(rows)/(cpuSeconds(b)-cpu), "rows/cpu-s")
			})
		}
	}
}

// cpuSeconds gives the processor time that this process has used.
func cpuSeconds(b *testing.B) float64 {
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

// BenchmarkMatcher builds the strict matcher for 100,000 names and reports what it keeps.
func BenchmarkMatcher(b *testing.B) {
	roster := inventedRoster(b, 100_000)
	var m *strictMatcher
	for b.Loop() {
		m = newStrictMatcher(roster)
	}
	with := heapInUse()
	runtime.KeepAlive(m)
	b.ReportMetric(float64(with-heapInUse())/1e6, "MB")
	runtime.KeepAlive(roster)
}

// heapInUse gives the bytes in use after a full collection, which takes two rounds.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// inventedRoster joins the most common US first names with the most common surnames: n different
// names of two words.
func inventedRoster(b testing.TB, n int) *Roster {
	b.Helper()
	firsts := firstColumn(b, "names/first_names_top1000_per_sex.csv")
	lasts := firstColumn(b, "study/common_last_names_US_2010.csv")
	r := &Roster{}
	for i := range n {
		name := firsts[i%len(firsts)] + " " + lasts[i/len(firsts)]
		r.Persons = append(r.Persons, Person{ID: name, Name: name})
	}
	return r
}

// firstColumn gives the different cells of a CSV fixture's first column that are not empty, in increasing order.
func firstColumn(t testing.TB, name string) []string {
	t.Helper()
	f, err := os.Open(fixture(t, name))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var cells []string
	for _, row := range rows[1:] {
		if row[0] != "" {
			cells = append(cells, row[0])
		}
	}
	slices.Sort(cells)
	return slices.Compact(cells)
}
