package clip

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchImage is the photo that the benchmarks decode. BENCH_IMAGE names another file, such as one that
// another implementation is timed with.
func benchImage(b *testing.B) []byte {
	b.Helper()
	path := os.Getenv("BENCH_IMAGE")
	if path == "" {
		return imageFixture(b, "clip-retrieval", "images", "123_456.jpg")
	}
	data, err := os.ReadFile(path)
	require.NoError(b, err)
	return data
}

// benchBothWays runs a benchmark with exact and with fast decoding.
func benchBothWays(b *testing.B, run func(*Preprocessor)) {
	for _, way := range []struct {
		name string
		fast bool
	}{{"exact", false}, {"fast", true}} {
		b.Run(way.name, func(b *testing.B) {
			p := exactPreprocessor(b, openCLIP)
			p.fast = way.fast
			run(p) // fills pools
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				run(p)
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkPixels decodes and preprocesses one photo.
func BenchmarkPixels(b *testing.B) {
	data := benchImage(b)
	var pixels []float32
	benchBothWays(b, func(p *Preprocessor) {
		var err error
		pixels, err = p.Pixels(pixels, data)
		require.NoError(b, err)
	})
}

// BenchmarkDecode is the part of BenchmarkPixels that is libjpeg-turbo's.
func BenchmarkDecode(b *testing.B) {
	data := benchImage(b)
	benchBothWays(b, func(p *Preprocessor) {
		img, err := p.decode(data)
		require.NoError(b, err)
		p.decoded.put(img.lent)
	})
}

// cpuTime is the processor time of this process in nanoseconds, which other
// programs on the machine do not stretch.
func cpuTime(b *testing.B) int64 {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}
