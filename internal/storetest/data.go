package storetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"rollcall/retriever"
)

// data is what a store under test holds, whole and in memory.
type data struct {
	image, text [][]float32
	rows        []retriever.Row
}

// randomData makes n rows of the given dimension, the same ones every time.
func randomData(n, dimension int) *data {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(dimension)))
	d := &data{}
	for i := range n {
		d.image = append(d.image, randomVector(rng, dimension))
		d.text = append(d.text, randomVector(rng, dimension))
		d.rows = append(d.rows, randomRow(rng, int64(i)))
	}
	return d
}

// randomVector makes a direction of norm about 1 whose components are multiples of 1/2048: exact
// in float16, which has 11 significant bits.
func randomVector(rng *rand.Rand, dimension int) []float32 {
	v := make([]float64, dimension)
	var square float64
	for i := range v {
		v[i] = rng.NormFloat64()
		square += v[i] * v[i]
	}
	out := make([]float32, dimension)
	for i := range v {
		out[i] = float32(math.Round(v[i]/math.Sqrt(square)*2048) / 2048)
	}
	return out
}

// captions vary in script and length; one is empty.
var captions = []string{
	"a portrait of Jane Doe",
	"",
	"Zoë Müller à l'Opéra, 1998",
	"東京タワーの夜景 🗼",
	"line one\nline two, \"quoted\"\t and a tab",
	"Ольга Иванова и её собака",
}

// randomRow makes a row whose fields have several types; some rows lack some of them.
func randomRow(rng *rand.Rand, id int64) retriever.Row {
	row := retriever.Row{
		ID:        id,
		Key:       fmt.Sprintf("%09d", id),
		Caption:   captions[rng.IntN(len(captions))],
		URL:       fmt.Sprintf("https://example.org/%d.jpg?a=b&c=%%20", id),
		ImagePath: fmt.Sprintf("photos/%d.jpg", id),
		Fields: map[string]any{
			"width":      int64(rng.IntN(4000) + 1),
			"similarity": float64(rng.IntN(1<<20)) / (1 << 20),
			"NSFW":       "UNLIKELY",
		},
	}
	if id%3 == 0 {
		row.Fields["watermark"] = id%2 == 0
	}
	if id%5 == 0 {
		row.Fields["exif.Make"] = "Fabrik Ä"
	}
	return row
}

// edgeData makes 96 rows of 64 dimensions whose cosines with the first axis are exact in any
// arithmetic: row i is constant over its first 1, 4, 16 or 64 dimensions (cosine 1, 1/2, 1/4,
// 1/8) as i%4 says, negated for i >= 48. Rows of the same kind tie.
func edgeData() *data {
	rng := rand.New(rand.NewPCG(9, 6))
	d := &data{}
	for i := range 96 {
		width := 1 << (2 * (i % 4))
		value := 1 / float32(math.Sqrt(float64(width)))
		if i >= 48 {
			value = -value
		}
		v := make([]float32, 64)
		for j := range width {
			v[j] = value
		}
		d.image = append(d.image, v)
		d.text = append(d.text, v)
		d.rows = append(d.rows, randomRow(rng, int64(i)))
	}
	return d
}

// batches cuts the data into batches of the given sizes and one with the rest.
func (d *data) batches(sizes ...int) []retriever.RowBatch {
	var out []retriever.RowBatch
	first := 0
	for _, size := range append(sizes, len(d.rows)) {
		end := min(first+size, len(d.rows))
		if end == first {
			continue
		}
		b := retriever.RowBatch{First: int64(first), Rows: d.rows[first:end]}
		if d.image != nil {
			b.Image = d.image[first:end]
		}
		if d.text != nil {
			b.Text = d.text[first:end]
		}
		out = append(out, b)
		first = end
	}
	return out
}

// of gives the vectors of a modality.
func (d *data) of(m retriever.Modality) [][]float32 {
	if m == retriever.Image {
		return d.image
	}
	return d.text
}
