package vectors

import (
	"bytes"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"rollcall/retriever"
)

// BenchmarkLargeBandwidth takes turns with one thing each: reading the first halves of the codes
// with nothing done to them, on as many cores, and searching with them. It says what part of the
// memory's speed a search reaches, by medians, for the bytes that it reads: the first halves, the
// second halves of rows that pass, and the vectors of those that pass again.
func BenchmarkLargeBandwidth(b *testing.B) {
	dir, queries := largeFolder(b)
	s := openStore(b, dir)
	var tables [][]byte
	size := 0
	for _, p := range s.parts {
		if p.imageCodes.halves == nil {
			b.Skip("the folder has no codes")
		}
		tables = append(tables, p.imageCodes.halves.tables[0].blocks)
		size += len(tables[len(tables)-1])
	}
	var reads, searches []time.Duration
	n := 0
	for b.Loop() {
		started := time.Now()
		readTables(tables)
		reads = append(reads, time.Since(started))
		started = time.Now()
		if _, _, err := s.TopK(b.Context(), retriever.Image, queries[n%1000:n%1000+1], 40); err != nil {
			b.Fatal(err)
		}
		searches = append(searches, time.Since(started))
		n++
	}
	speed := func(size int, times []time.Duration) float64 {
		slices.Sort(times)
		return float64(size) / times[len(times)/2].Seconds() / 1e9
	}
	more := int(s.refined.Load())*blockSize(halves().stride(s.dimension))/blockRows + int(s.rescored.Load())*s.dimension*s.parts[0].image.width
	read, searched := speed(size, reads), speed(size+more/n, searches)
	b.ReportMetric(read, "GB/s-read")
	b.ReportMetric(searched, "GB/s-searched")
	b.ReportMetric(100*searched/read, "%of-read")
	b.ReportMetric(float64(searches[len(searches)/2].Microseconds())/1000, "ms-searched")
}

// readTables reads every byte once, a part of each table on every core. bytes.Count compares 32 bytes
// an instruction.
func readTables(tables [][]byte) {
	var group sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		group.Go(func() {
			for _, t := range tables {
				bytes.Count(t[core*len(t)/cores:(core+1)*len(t)/cores], []byte{7})
			}
		})
	}
	group.Wait()
}
