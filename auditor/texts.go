package auditor

import (
	"context"
	"fmt"
)

const textBatch = 256

// TextCache keeps text embeddings from run to run. Load returns what is kept of a model's texts (a
// prompt template with names) as a map from name to unit vector, which may be empty; Store keeps
// all of the given ones. A cache that cannot be read or written is an error.
type TextCache interface {
	Load(modelDigest, template string) (map[string][]float32, error)
	Store(modelDigest, template string, names []string, vectors [][]float32) error
}

// textSource gives the texts of one model's prompts, from the cache as far as that has them.
type textSource struct {
	model Model
	cache TextCache // nil: none
}

// prompt gives the embedding of a template with every name, in the order of names.
func (s textSource) prompt(ctx context.Context, template string, names []string, dim int) ([][]float32, error) {
	if s.cache == nil || s.model.Digest == "" {
		return embedPrompt(ctx, s.model, template, names, dim)
	}
	kept, err := s.cache.Load(s.model.Digest, template)
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(names))
	var missing []string
	for i, name := range names {
		if v := kept[name]; checkVector(v, dim) == nil {
			vectors[i] = v
		} else {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return vectors, nil
	}
	made, err := embedPrompt(ctx, s.model, template, missing, dim)
	if err != nil {
		return nil, err
	}
	for i := range vectors {
		if vectors[i] == nil {
			vectors[i], made = made[0], made[1:]
		}
	}
	return vectors, s.cache.Store(s.model.Digest, template, names, vectors)
}

// embedPrompt encodes a template with every name.
func embedPrompt(ctx context.Context, m Model, template string, names []string, dim int) ([][]float32, error) {
	texts := fill(template, names)
	vectors := make([][]float32, 0, len(texts))
	for from := 0; from < len(texts); from += textBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		batch := texts[from:min(from+textBatch, len(texts))]
		out, err := m.Encoder.EncodeTexts(ctx, batch)
		if err != nil {
			return nil, fmt.Errorf("model %s failed on prompts %q...: %w", m.Name, batch[0], err)
		}
		if len(out) != len(batch) {
			return nil, fmt.Errorf("model %s returned %d vectors for %d prompts", m.Name, len(out), len(batch))
		}
		for i, v := range out {
			if err := checkVector(v, dim); err != nil {
				return nil, fmt.Errorf("model %s on prompt %q: %w", m.Name, batch[i], err)
			}
		}
		vectors = append(vectors, out...)
	}
	return vectors, nil
}
