package vectors

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// largeFolder is a folder for figures at size, and queries for it: the one that ROLLCALL_BENCH_FOLDER
// names, with queries.npy in it, or made rows, ROLLCALL_BENCH_ROWS of them (100,000 unless given),
// which stay in .cache/bench.
func largeFolder(b *testing.B) (dir string, queries [][]float32) {
	b.Helper()
	dir = os.Getenv("ROLLCALL_BENCH_FOLDER")
	if dir == "" {
		dir = madeFolder(b, cmp.Or(os.Getenv("ROLLCALL_BENCH_ROWS"), "100000"))
	}
	queries, err := ReadVectors(filepath.Join(dir, "queries.npy"))
	require.NoError(b, err)
	return dir, queries
}

// benchmarkLarge searches with n queries at a time, others each time, with the codes that keep
// leaves.
func benchmarkLarge(b *testing.B, n int, keep func(coded) coded, search func(s *Store, queries [][]float32) error) {
	dir, queries := largeFolder(b)
	s := openStore(b, dir)
	for i := range s.parts {
		all := s.parts[i].imageCodes
		if all.halves == nil {
			b.Skip("the folder has no codes: run rollcall derive")
		}
		s.parts[i].imageCodes = keep(all)
		b.Cleanup(func() { s.parts[i].imageCodes = all }) // before the store is closed
	}
	if err := search(s, queries[:n]); err != nil {
		b.Fatal(err)
	}
	s.refined.Store(0)
	s.rescored.Store(0)
	first := 0
	for b.Loop() {
		if err := search(s, queries[first:first+n]); err != nil {
			b.Fatal(err)
		}
		first = (first + n) % (len(queries) - n)
	}
	pairs := float64(s.rows) * float64(n) * float64(b.N)
	b.ReportMetric(pairs/b.Elapsed().Seconds()/1e6, "Mpairs/s")
	b.ReportMetric(100*float64(s.refined.Load())/pairs, "%refined")
	b.ReportMetric(100*float64(s.rescored.Load())/pairs, "%rescored")
}

func BenchmarkLarge(b *testing.B) {
	top40 := func(s *Store, queries [][]float32) error {
		_, _, err := s.TopK(b.Context(), retriever.Image, queries, 40)
		return err
	}
	count := func(least float32) func(s *Store, queries [][]float32) error {
		return func(s *Store, queries [][]float32) error {
			hits := 0
			return s.Range(b.Context(), retriever.Image, queries, least, func(int, retriever.Hit) error { hits++; return nil })
		}
	}
	for name, keep := range map[string]func(coded) coded{
		"codes":   func(c coded) coded { return coded{halves: c.halves} },
		"bits":    func(c coded) coded { return c },
		"float16": func(coded) coded { return coded{} },
	} {
		b.Run("top40/1/"+name, func(b *testing.B) { benchmarkLarge(b, 1, keep, top40) })
		b.Run("top40/64/"+name, func(b *testing.B) { benchmarkLarge(b, 64, keep, top40) })
		b.Run("top40/256/"+name, func(b *testing.B) { benchmarkLarge(b, 256, keep, top40) })
		b.Run("count0.6/1/"+name, func(b *testing.B) { benchmarkLarge(b, 1, keep, count(0.6)) })
		b.Run("count0.9/1/"+name, func(b *testing.B) { benchmarkLarge(b, 1, keep, count(0.9)) })
	}
	b.Run("open", func(b *testing.B) {
		dir, _ := largeFolder(b)
		for b.Loop() {
			s, err := Open(dir)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLargeDerive makes the derived files of a folder that borrows the vectors.
func BenchmarkLargeDerive(b *testing.B) {
	from, _ := largeFolder(b)
	for b.Loop() {
		dir, err := os.MkdirTemp(b.TempDir(), "") // gone before the next, which takes as much room
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range []string{imageFolder, metadataFolder} {
			if err := os.Symlink(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
				b.Fatal(err)
			}
		}
		if err := errors.Join(Derive(b.Context(), dir, DeriveOptions{}), os.RemoveAll(dir)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLargeMemory says how much memory searching takes that is not the page cache's.
func BenchmarkLargeMemory(b *testing.B) {
	dir, queries := largeFolder(b)
	s := openStore(b, dir)
	for b.Loop() {
		if _, _, err := s.TopK(b.Context(), retriever.Image, queries[:64], 40); err != nil {
			b.Fatal(err)
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip(err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		var kib float64
		if n, _ := fmt.Sscanf(line, "RssAnon: %f kB", &kib); n == 1 {
			b.ReportMetric(kib/1024, "MiB-anonymous")
		}
	}
}
