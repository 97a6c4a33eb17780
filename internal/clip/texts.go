package clip

import (
	"context"
	"slices"

	"rollcall/internal/onnx"
)

// lengthStep is the step to which a text's tokens are padded. Texts of one step share a batch. The
// step depends on the text alone, so that its vector does not depend on its batch companions, not
// even in the last bit.
const lengthStep = 4

// Tokens gives the token ids of each text, padded to the model's context length.
func (m *Model) Tokens(texts []string) [][]int64 {
	rows := make([][]int64, len(texts))
	for i, text := range texts {
		rows[i] = m.bundle.tokens.Pad(m.bundle.tokens.Encode(text))
	}
	return rows
}

// tokenized is one distinct text of a call.
type tokenized struct {
	ids     []int64
	length  int   // to which it is padded when it runs
	indexes []int // where in the call the text stands
}

// EncodeTexts returns one vector of length 1 for each text. Equal texts run once. CLIP's text
// tower is causal and reads the embedding at the end token, so padding behind it is dead work:
// where the graph takes any length, texts run in batches of like length. The error means that the
// model failed or ctx is done.
func (m *Model) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	batch := maxTexts
	if m.bundle.Text.alone() {
		batch = 1
	}
	vectors := make([][]float32, len(texts))
	distinct, err := m.tokenize(ctx, texts)
	if err != nil {
		return nil, err
	}
	for len(distinct) > 0 {
		n := 1
		for n < min(batch, len(distinct)) && distinct[n].length == distinct[0].length {
			n++
		}
		part, err := m.runTexts(ctx, distinct[:n])
		if err != nil {
			return nil, err
		}
		for i, text := range distinct[:n] {
			vectors[text.indexes[0]] = part[i]
			for _, other := range text.indexes[1:] {
				vectors[other] = slices.Clone(part[i]) // the caller may change one of them
			}
		}
		distinct = distinct[n:]
	}
	return vectors, nil
}

// tokenize lists the distinct texts, shortest first.
func (m *Model) tokenize(ctx context.Context, texts []string) ([]*tokenized, error) {
	known := make(map[string]*tokenized, len(texts))
	distinct := make([]*tokenized, 0, len(texts))
	for i, text := range texts {
		t := known[text]
		if t == nil {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			ids := m.bundle.tokens.Encode(text)
			t = &tokenized{ids: ids, length: m.runLength(len(ids))}
			known[text] = t
			distinct = append(distinct, t)
		}
		t.indexes = append(t.indexes, i)
	}
	slices.SortStableFunc(distinct, func(a, b *tokenized) int { return a.length - b.length })
	return distinct, nil
}

// runLength is the length to which a text of some tokens is padded.
func (m *Model) runLength(tokens int) int {
	if !m.bundle.Text.dynamicLength() {
		return m.bundle.Text.ContextLength
	}
	stepped := (tokens + lengthStep - 1) / lengthStep * lengthStep
	return min(stepped, m.bundle.Text.ContextLength)
}

// runTexts runs the text tower once, on texts of one length.
func (m *Model) runTexts(ctx context.Context, batch []*tokenized) ([][]float32, error) {
	text, length := &m.bundle.Text, batch[0].length
	ids := make([]int64, 0, length*len(batch))
	mask := make([]int64, length*len(batch))
	for i, t := range batch {
		ids = append(ids, t.ids...)
		for j := range length {
			if j < len(t.ids) {
				mask[i*length+j] = 1
			} else {
				ids = append(ids, text.Pad)
			}
		}
	}
	shape := onnx.NewShape(int64(len(batch)), int64(length))
	var inputs []onnx.Value
	for _, input := range []struct {
		name string
		data []int64
	}{{text.Input, ids}, {text.Mask, mask}} {
		if input.name == "" {
			continue
		}
		info, err := text.input(input.name)
		if err != nil {
			return nil, err
		}
		value, err := newIDs(info, shape, input.data)
		if err != nil {
			return nil, err
		}
		defer value.Destroy()
		inputs = append(inputs, value)
	}
	return m.runTower(ctx, m.text, &text.Tower, inputs, len(batch))
}
