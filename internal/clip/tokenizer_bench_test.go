package clip

import (
	"bufio"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchTexts are the captions that are tokenized. BENCH_TEXTS names a file of other ones, one a line,
// such as one that another implementation is timed with.
func benchTexts(b *testing.B) (texts []string) {
	b.Helper()
	path := os.Getenv("BENCH_TEXTS")
	if path == "" {
		for _, row := range captions(b) {
			texts = append(texts, row.Text)
		}
		return texts
	}
	file, err := os.Open(path)
	require.NoError(b, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		texts = append(texts, lines.Text())
	}
	return texts
}

// BenchmarkTokenize tokenizes captions and pads them to 77 tokens: cold, with no word known yet, and
// warm, with every word seen before.
func BenchmarkTokenize(b *testing.B) {
	texts := benchTexts(b)
	for _, cold := range []bool{true, false} {
		name := map[bool]string{true: "cold", false: "warm"}[cold]
		b.Run(name, func(b *testing.B) {
			tokenizer, err := NewTokenizer(77)
			require.NoError(b, err)
			tokenizer.Encode("“the tables of the repairs”")
			before := cpuTime(b)
			for b.Loop() {
				if cold {
					clear(tokenizer.vocabulary.words)
				}
				for _, text := range texts {
					tokenizer.Pad(tokenizer.Encode(text))
				}
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N*len(texts)), "cpu-ns/text")
		})
	}
}
