package vectors

import (
	"os"
	"path/filepath"
	"testing"

	"rollcall/retriever"
)

// largeFolder is an embedding folder with queries.npy in it that ROLLCALL_BENCH_FOLDER names, for
// figures at a size that no test makes.
func largeFolder(b *testing.B) (dir string, queries [][]float32) {
	b.Helper()
	dir = os.Getenv("ROLLCALL_BENCH_FOLDER")
	if dir == "" {
		b.Skip("ROLLCALL_BENCH_FOLDER names no embedding folder")
	}
	queries, err := ReadVectors(filepath.Join(dir, "queries.npy"))
	if err != nil {
		b.Fatal(err)
	}
	return dir, queries
}

// benchmarkLarge searches with n queries at a time, others each time; a bare store has no codes.
func benchmarkLarge(b *testing.B, n int, bare bool, search func(s *Store, queries [][]float32) error) {
	dir, queries := largeFolder(b)
	s := openStore(b, dir)
	if bare {
		for i := range s.parts {
			if err := s.parts[i].imageCodes.close(); err != nil {
				b.Fatal(err)
			}
			s.parts[i].imageCodes = coded{}
		}
	} else if s.parts[0].imageCodes.halves == nil {
		b.Skip("the folder has no codes")
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
	count := func(s *Store, queries [][]float32) error {
		hits := 0
		return s.Range(b.Context(), retriever.Image, queries, 0.9, func(int, retriever.Hit) error { hits++; return nil })
	}
	b.Run("top40/1/codes", func(b *testing.B) { benchmarkLarge(b, 1, false, top40) })
	b.Run("top40/1/float16", func(b *testing.B) { benchmarkLarge(b, 1, true, top40) })
	b.Run("top40/64/codes", func(b *testing.B) { benchmarkLarge(b, 64, false, top40) })
	b.Run("top40/64/float16", func(b *testing.B) { benchmarkLarge(b, 64, true, top40) })
	b.Run("count/1/codes", func(b *testing.B) { benchmarkLarge(b, 1, false, count) })
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
	b.Run("derive", func(b *testing.B) {
		dir, _ := largeFolder(b)
		for b.Loop() {
			if err := os.RemoveAll(filepath.Join(dir, derivedFolder)); err != nil {
				b.Fatal(err)
			}
			if err := Derive(b.Context(), dir, DeriveOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
