package auditor

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomEncoder gives random unit vectors of 512 dimensions, the same ones for every prompt, at no
// cost worth measuring.
type randomEncoder struct{ names [][]float32 }

func randomUnit(r *rand.Rand) []float32 {
	v := make([]float32, 512)
	square := 0.0
	for i := range v {
		v[i] = float32(r.NormFloat64())
		square += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

func (e randomEncoder) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	return e.names[:len(texts)], nil
}

func (e randomEncoder) EncodeImages(context.Context, [][]byte) ([][]float32, []error, error) {
	return nil, nil, nil
}

// processorSeconds is what the process has used of all cores, user and system.
func processorSeconds(b *testing.B) float64 {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// BenchmarkDecisions is the decisions of the published experiment without the encoders: 200
// persons x 30 photos x 21 prompts x 1,000 names of 512 dimensions, on all cores.
func BenchmarkDecisions(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	encoder := randomEncoder{}
	for range 1000 {
		encoder.names = append(encoder.names, randomUnit(r))
	}
	o := smallOptions(120, 80, 1)
	o.Decoys = 800
	o.Models[0].Encoder = encoder
	o = o.withDefaults()
	names, err := candidatesInvented(o.Decoys, o.Persons, 1)
	require.NoError(b, err)
	photos := &gallery{dim: 512, first: []int{0}}
	for range 200 {
		for range 30 {
			require.NoError(b, photos.keep("x.jpg", randomUnit(r)))
		}
		photos.first = append(photos.first, len(photos.files))
	}
	before := processorSeconds(b)
	for b.Loop() {
		p := newPass(o, o.Models[0], names, photos)
		require.NoError(b, runPasses(b.Context(), textSource{model: o.Models[0]}, []*pass{p}))
	}
	b.ReportMetric((processorSeconds(b)-before)/float64(b.N), "cpu-s/op")
	b.ReportMetric(200*30*21*float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}

// BenchmarkSweep is the votes of the published experiment: 200 persons x 30 photos x 21 prompts, all
// 16 numbers of photos k, 20 draws each.
func BenchmarkSweep(b *testing.B) {
	r := rand.New(rand.NewPCG(2, 2))
	subjects, ids := make([]Subject, 200), make([]string, 200)
	for i := range subjects {
		w := Winners{21, make([]int32, 30*21)}
		for at := range w.Names {
			if w.Names[at] = int32(r.IntN(1000)); r.IntN(3) == 0 {
				w.Names[at] = int32(i)
			}
		}
		subjects[i], ids[i] = Subject{w, i}, fmt.Sprint("person ", i)
	}
	before := processorSeconds(b)
	for b.Loop() {
		_, err := Sweep(b.Context(), subjects, PaperKs(30), 20, runtime.GOMAXPROCS(0), seededDraws(1, ids))
		require.NoError(b, err)
	}
	b.ReportMetric((processorSeconds(b)-before)/float64(b.N), "cpu-s/op")
}
