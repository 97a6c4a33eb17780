package auditor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing/fstest"
)

const arithmeticDim = 24

// arithmeticEncoder is a stand-in for a model whose answers follow from arithmetic: a text's vector
// is its name's random direction plus a little of its whole wording; a photo is a JSON record that
// says whose name it points to and how strongly, and what noise it carries.
type arithmeticEncoder struct{ batches []int }

type arithmeticPhoto struct {
	Name     string
	Strength float64
	Noise    int
}

func direction(seed string) []float64 {
	h := fnv.New64a()
	h.Write([]byte(seed))
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	v := make([]float64, arithmeticDim)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

func unit(parts ...[]float64) []float32 {
	v, square := make([]float64, arithmeticDim), 0.0
	for _, p := range parts {
		for i := range v {
			v[i] += p[i]
		}
	}
	for _, x := range v {
		square += x * x
	}
	out := make([]float32, arithmeticDim)
	for i, x := range v {
		out[i] = float32(x / math.Sqrt(square))
	}
	return out
}

func times(factor float64, v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = factor * v[i]
	}
	return out
}

// nameIn takes the name out of a prompt by the templates' own words.
func nameIn(text string) string {
	for _, template := range Prompts()[1:] {
		before, after, _ := strings.Cut(template, nameSlot)
		if strings.HasPrefix(text, before) && strings.HasSuffix(text, after) {
			return strings.TrimSuffix(strings.TrimPrefix(text, before), after)
		}
	}
	return text
}

func (e *arithmeticEncoder) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = unit(direction("name "+nameIn(text)), times(0.3, direction("text "+text)))
	}
	return out, nil
}

func (e *arithmeticEncoder) EncodeImages(_ context.Context, images [][]byte) ([][]float32, []error, error) {
	e.batches = append(e.batches, len(images))
	out, failed := make([][]float32, len(images)), make([]error, len(images))
	for i, data := range images {
		var p arithmeticPhoto
		if err := json.NewDecoder(bytes.NewReader(data)).Decode(&p); err != nil {
			failed[i] = errors.New("not an image")
			continue
		}
		out[i] = unit(times(p.Strength, direction("name "+p.Name)), direction(fmt.Sprint("noise ", p.Noise)))
	}
	return out, failed, nil
}

// smallWorld is a roster with photos: members' photos point to their names, more strongly with
// their count; non-members' photos are noise.
func smallWorld(members, nonMembers, photos int) ([]Person, fstest.MapFS) {
	var persons []Person
	files := fstest.MapFS{}
	yes, no := true, false
	for i := range members + nonMembers {
		p := Person{ID: fmt.Sprintf("p%03d", i), Name: fmt.Sprintf("Given%d Family%d", i, i*7), Member: &no}
		strength := 0.0
		if i < members {
			count := []int64{1, 5, 25}[i%3]
			p.Member, p.Count = &yes, &count
			strength = []float64{0.15, 0.5, 1.5}[i%3]
		}
		persons = append(persons, p)
		for x := range photos {
			data, err := json.Marshal(arithmeticPhoto{p.Name, strength, i*1000 + x})
			if err != nil {
				panic(err)
			}
			files[fmt.Sprintf("%s/%02d.jpg", p.ID, x)] = &fstest.MapFile{Data: data}
		}
	}
	return persons, files
}

func smallOptions(members, nonMembers, photos int) Options {
	persons, files := smallWorld(members, nonMembers, photos)
	return Options{
		Models:  []Model{{Name: "arithmetic", Digest: "none", Encoder: &arithmeticEncoder{}}},
		Persons: persons, Photos: files, Decoys: 150, MinPhotos: 4, Resamples: 200, Seed: 11, ToolVersion: "test",
	}
}

// recorder keeps the messages of a run.
type recorder struct{ messages []Message }

func (r *recorder) Handle(m Message) error {
	r.messages = append(r.messages, m)
	return nil
}

func (r *recorder) findings() []Finding {
	var out []Finding
	for _, m := range r.messages {
		if m.Finding != nil {
			out = append(out, *m.Finding)
		}
	}
	return out
}

func (r *recorder) config() Config { return *r.messages[0].Config }

func (r *recorder) summary(i int) Summary {
	for _, m := range r.messages {
		if m.Summary != nil {
			if i == 0 {
				return *m.Summary
			}
			i--
		}
	}
	panic("no such summary")
}
