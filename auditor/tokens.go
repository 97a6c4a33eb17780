package auditor

import "slices"

// Tokenizer gives the token ids of texts as a model reads them, each padded to one length; the end
// token has the largest id. internal/clip provides it.
type Tokenizer interface {
	Tokens(texts []string) [][]int64
}

// tokenCounts counts the tokens of each name, by its key, without the start and end tokens.
func tokenCounts(t Tokenizer, names []string) map[string]int {
	counts := make(map[string]int, len(names))
	for chunk := range slices.Chunk(names, textBatch) {
		for i, ids := range t.Tokens(chunk) {
			end := slices.Index(ids, slices.Max(ids))
			counts[nameKey(chunk[i])] = end - 1
		}
	}
	return counts
}
