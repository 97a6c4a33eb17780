package clip

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkPixels decodes and preprocesses one photo, exactly and the fast way. BENCH_IMAGE names another
// file, such as one that another implementation is timed with.
func BenchmarkPixels(b *testing.B) {
	data := imageFixture(b, "clip-retrieval", "images", "123_456.jpg")
	if path := os.Getenv("BENCH_IMAGE"); path != "" {
		var err error
		data, err = os.ReadFile(path)
		require.NoError(b, err)
	}
	for name, fast := range map[string]bool{"exact": false, "fast": true} {
		b.Run(name, func(b *testing.B) {
			p := newPreprocessor(b, openCLIP)
			p.fast = fast
			var err error
			var pixels []float32
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				pixels, err = p.Pixels(pixels, data)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime is the processor time of this process in nanoseconds, which other
// programs on the machine do not stretch.
func cpuTime(b *testing.B) int64 {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}
