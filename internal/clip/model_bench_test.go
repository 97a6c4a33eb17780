package clip

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// benchmarkModels are RC-Micro, whose text graph is always 77 long, and the Hugging Face bundle
// with any length.
var benchmarkModels = []struct{ name, bundle, variant string }{
	{"own fp32", "own", ""}, {"own fp16", "own", "fp16"}, {"own int8", "own", "int8"}, {"hf fp32", "hf", ""},
}

func BenchmarkEncodeTexts(b *testing.B) {
	for _, model := range benchmarkModels {
		b.Run(model.name, func(b *testing.B) {
			m := loadModel(b, model.bundle, model.variant)
			var texts []string
			for _, row := range captions(b)[:512] {
				texts = append(texts, row.Text)
			}
			for b.Loop() {
				_, err := m.EncodeTexts(b.Context(), texts)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

func BenchmarkEncodePixels(b *testing.B) {
	for _, model := range benchmarkModels {
		b.Run(model.name, func(b *testing.B) {
			m := loadModel(b, model.bundle, model.variant)
			batch := make([]indexer.Pixels, 64)
			for i := range batch {
				batch[i] = m.patterns()[i%3]
			}
			for b.Loop() {
				_, err := m.EncodePixels(b.Context(), batch)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N*len(batch))/b.Elapsed().Seconds(), "images/s")
		})
	}
}
