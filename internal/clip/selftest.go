package clip

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"rollcall/indexer"
)

// The tolerances of a self-test, on the components of unit vectors. On the CPU in fp32 batches
// change nothing; with float16 weights or on CUDA they change the last digits.
const (
	unitTolerance  = 1e-5
	batchTolerance = 1e-3
)

// SelfTest is what a model did with inputs of its own making.
type SelfTest struct {
	Finite          bool    `json:"finite"`           // no NaN, no infinity
	Unit            bool    `json:"unit"`             // every vector has length 1
	Repeatable      bool    `json:"repeatable"`       // the same text twice gives the same vector
	BatchDifference float64 `json:"batch_difference"` // greatest difference of a component, alone and among others
}

// Err lists what is wrong; nil when the model passed.
func (s SelfTest) Err() error {
	var failed []error
	if !s.Finite {
		failed = append(failed, errors.New("vectors are not finite: the weights overflow; use another variant"))
	}
	if s.Finite && !s.Unit {
		failed = append(failed, errors.New("vectors do not have length 1"))
	}
	if !s.Repeatable {
		failed = append(failed, errors.New("the same text gives different vectors"))
	}
	if !(s.BatchDifference <= batchTolerance) {
		failed = append(failed, fmt.Errorf("a vector depends on its batch companions (by up to %g)", s.BatchDifference))
	}
	return errors.Join(failed...)
}

// SelfTest embeds a few texts and patterns, alone and in a batch. The error means that the model
// did not run at all.
func (m *Model) SelfTest(ctx context.Context) (SelfTest, error) {
	texts := []string{"a photo of a cat", "a photo of a dog", "a red car"}
	together, err := m.EncodeTexts(ctx, texts)
	if err != nil {
		return SelfTest{}, err
	}
	patterns := m.patterns()
	images, err := m.EncodePixels(ctx, patterns)
	if err != nil {
		return SelfTest{}, err
	}
	together = append(together, images...)
	alone, err := m.encodeAlone(ctx, texts, patterns)
	if err != nil {
		return SelfTest{}, err
	}
	again, err := m.EncodeTexts(ctx, texts[:1])
	if err != nil {
		return SelfTest{}, err
	}
	result := SelfTest{Finite: true, Unit: true, Repeatable: slices.Equal(again[0], alone[0])}
	for i, v := range together {
		length := vectorLength(v)
		result.Finite = result.Finite && !math.IsNaN(length) && !math.IsInf(length, 0)
		result.Unit = result.Unit && math.Abs(length-1) <= unitTolerance
		result.BatchDifference = max(result.BatchDifference, greatestDifference(v, alone[i]))
	}
	return result, nil
}

// encodeAlone embeds each input in a call of its own.
func (m *Model) encodeAlone(ctx context.Context, texts []string, patterns []indexer.Pixels) ([][]float32, error) {
	var vectors [][]float32
	for _, text := range texts {
		v, err := m.EncodeTexts(ctx, []string{text})
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, v...)
	}
	for _, pattern := range patterns {
		v, err := m.EncodePixels(ctx, []indexer.Pixels{pattern})
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, v...)
	}
	return vectors, nil
}

// patterns are three images of waves, in the range of normalised pixels.
func (m *Model) patterns() []indexer.Pixels {
	patterns := make([]indexer.Pixels, 3)
	for k := range patterns {
		patterns[k] = make(indexer.Pixels, m.pixelCount())
		for i := range patterns[k] {
			patterns[k][i] = float32(math.Sin(float64(i*(k+1)) / 97))
		}
	}
	return patterns
}

func vectorLength(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

func greatestDifference(a, b []float32) float64 {
	var most float64
	for i := range a {
		most = max(most, math.Abs(float64(a[i])-float64(b[i])))
	}
	return most
}
