package report

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"rollcall/auditor"
	"rollcall/retriever"
)

// arithmeticEncoder is a stand-in for a model whose answers follow from arithmetic: a photo "NAME
// STRENGTH SEED" points to the name's random direction, more or less strongly; a text points to the
// direction of the name that it holds.
type arithmeticEncoder struct{}

func direction(seed string, scale float64, into []float64) {
	h := fnv.New64a()
	h.Write([]byte(seed))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	for i := range into {
		into[i] += scale * r.NormFloat64()
	}
}

func unit(v []float64) []float32 {
	square := 0.0
	for _, x := range v {
		square += x * x
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x / math.Sqrt(square))
	}
	return out
}

func (e arithmeticEncoder) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		v := make([]float64, 64)
		words := strings.Fields(text)
		for j := range words[:len(words)-1] {
			direction(words[j]+" "+words[j+1], 1, v)
		}
		direction(text, 0.5, v)
		out[i] = unit(v)
	}
	return out, nil
}

func (e arithmeticEncoder) EncodeImages(_ context.Context, images [][]byte) ([][]float32, []error, error) {
	out, failed := make([][]float32, len(images)), make([]error, len(images))
	for i, data := range images {
		var first, last, seed string
		var strength float64
		if _, err := fmt.Sscan(string(data), &first, &last, &strength, &seed); err != nil {
			failed[i] = errors.New("not an image")
			continue
		}
		v := make([]float64, 64)
		direction(first+" "+last, strength, v)
		direction(seed, 1, v)
		out[i] = unit(v)
	}
	return out, failed, nil
}

// world is an audit of members, whose photos point to their names the more the higher their count,
// and of non-members, whose photos are noise.
func world(t *testing.T, members, nonMembers, photos int) auditor.Options {
	t.Helper()
	names, err := auditor.InventNames(members+nonMembers, 77, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	var persons []auditor.Person
	for i, name := range names {
		member, strength, count := i < members, 0.0, int64(0)
		if member {
			count = []int64{1, 2, 5, 10, 25, 50}[i%6]
			strength = []float64{0.03, 0.12, 0.25, 0.4, 0.8, 1.2}[i%6]
		}
		p := auditor.Person{ID: fmt.Sprintf("p%03d", i), Name: name, Sex: []string{"m", "f"}[i%2], Member: &member, Count: &count}
		persons = append(persons, p)
		for x := range photos {
			files[fmt.Sprintf("%s/%02d.jpg", p.ID, x)] = &fstest.MapFile{Data: fmt.Appendf(nil, "%s %g %d/%d", name, strength, i, x)}
		}
	}
	return auditor.Options{
		Models:  []auditor.Model{{Name: "arithmetic", Digest: "none", Info: map[string]string{"dimension": "64"}, Encoder: arithmeticEncoder{}}},
		Persons: persons, Photos: files, Decoys: 200, MinPhotos: 4, Resamples: 200, Seed: 5, ToolVersion: "test",
	}
}

// oneImage is a training index of a single image.
type oneImage []float32

func (v oneImage) TopK(_ context.Context, _ retriever.Modality, queries [][]float32, _ int) ([][]retriever.Hit, bool, error) {
	hits := make([][]retriever.Hit, len(queries))
	for i, q := range queries {
		sum := float32(0)
		for k := range v {
			sum += v[k] * q[k]
		}
		hits[i] = []retriever.Hit{{ID: 0, Score: sum}}
	}
	return hits, true, nil
}

// nearTraining is a training index that holds one of the attack photos.
func nearTraining(t *testing.T, o auditor.Options) *auditor.Training {
	t.Helper()
	vectors, _, err := o.Models[0].Encoder.EncodeImages(t.Context(), [][]byte{o.Photos.(fstest.MapFS)["p004/01.jpg"].Data})
	if err != nil {
		t.Fatal(err)
	}
	return &auditor.Training{Name: "seen", Digest: "another", Encoder: o.Models[0].Encoder, Index: oneImage(vectors[0]), Threshold: 0.99}
}
