package clip

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// tokenizerJSON is the part of Hugging Face's tokenizer.json that matters.
type tokenizerJSON struct {
	Model struct {
		Type   string         `json:"type"`
		Vocab  map[string]int `json:"vocab"`
		Merges []mergeJSON    `json:"merges"`
	} `json:"model"`
}

// mergeJSON is a merge: "a b", or in newer files ["a", "b"].
type mergeJSON [2]string

// UnmarshalJSON reads either form.
func (m *mergeJSON) UnmarshalJSON(raw []byte) error {
	var line string
	if json.Unmarshal(raw, &line) == nil {
		return m.parse(line)
	}
	var symbols []string
	if err := json.Unmarshal(raw, &symbols); err != nil || len(symbols) != 2 {
		return fmt.Errorf("a merge is %.80s, want two symbols", raw)
	}
	*m = mergeJSON(symbols)
	return nil
}

func (m *mergeJSON) parse(line string) error {
	first, second, found := strings.Cut(line, " ")
	if !found || first == "" || second == "" || strings.Contains(second, " ") {
		return fmt.Errorf("a merge is %.80q, want two symbols", line)
	}
	*m = mergeJSON{first, second}
	return nil
}

// loadVocabulary reads the vocabulary that lies in a folder of the bundle, with its special
// tokens: tokenizer.json, or else vocab.json and merges.txt.
func (b *Bundle) loadVocabulary(folder string) error {
	files, ids, merges, err := b.readVocabulary(folder)
	if err != nil {
		return err
	}
	name := files[0]
	start, knownStart := ids["<|startoftext|>"]
	end, knownEnd := ids["<|endoftext|>"]
	if !knownStart || !knownEnd {
		return fmt.Errorf("%s has no <|startoftext|> and <|endoftext|>: not CLIP's vocabulary", name)
	}
	for symbol, id := range ids {
		if id < 0 || id >= maxVocabulary {
			return fmt.Errorf("%s: %.80q has the id %d, want 0 to %d", name, symbol, id, maxVocabulary-1)
		}
	}
	if b.Text.vocabulary, err = newVocabulary(ids, merges, start, end); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.Text.Vocabulary, b.Text.Pad = files, int64(end)
	return b.loadPadding(folder, ids)
}

// maxVocabulary bounds token ids; CLIP's go to 49407.
const maxVocabulary = 1 << 24

// readVocabulary returns the id of every symbol, the merges, and the files that they are from.
func (b *Bundle) readVocabulary(folder string) (files []string, ids map[string]int, merges [][2]string, err error) {
	single, vocab, list := folder+"tokenizer.json", folder+"vocab.json", folder+"merges.txt"
	switch {
	case b.has(single):
		ids, merges, err = b.readTokenizerJSON(single)
		return []string{single}, ids, merges, err
	case b.has(vocab) && b.has(list):
		if err := b.readJSON(vocab, &ids); err != nil {
			return nil, nil, nil, err
		}
		merges, err = b.readMerges(list)
		return []string{vocab, list}, ids, merges, err
	}
	return nil, nil, nil, fmt.Errorf("%s is missing, and so is one of %s and %s: a vocabulary is needed", single, vocab, list)
}

func (b *Bundle) readTokenizerJSON(name string) (map[string]int, [][2]string, error) {
	var file tokenizerJSON
	if err := b.readJSON(name, &file); err != nil {
		return nil, nil, err
	}
	if file.Model.Type != "BPE" {
		return nil, nil, fmt.Errorf("%s has a model of type %q, want BPE, as CLIP has", name, file.Model.Type)
	}
	merges := make([][2]string, len(file.Model.Merges))
	for i, m := range file.Model.Merges {
		merges[i] = m
	}
	return file.Model.Vocab, merges, nil
}

// readMerges reads merges.txt: a version line, then one merge a line.
func (b *Bundle) readMerges(name string) ([][2]string, error) {
	raw, err := b.read(name)
	if err != nil {
		return nil, err
	}
	var merges [][2]string
	number := 0
	for line := range strings.Lines(string(raw)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || number == 1 && strings.HasPrefix(line, "#version") {
			continue
		}
		var m mergeJSON
		if err := m.parse(line); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, number, err)
		}
		merges = append(merges, m)
	}
	return merges, nil
}

// specialToken is a token's text, as a string or within an object.
type specialToken string

// UnmarshalJSON reads either form; null is no token.
func (t *specialToken) UnmarshalJSON(raw []byte) error {
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text != nil {
			*t = specialToken(*text)
		}
		return nil
	}
	var object struct {
		Content string `json:"content"`
	}
	if json.Unmarshal(raw, &object) != nil || object.Content == "" {
		return errors.New("a special token is neither a text nor an object with content")
	}
	*t = specialToken(object.Content)
	return nil
}

// loadPadding reads which token pads texts, where the bundle says so; otherwise the end token does.
func (b *Bundle) loadPadding(folder string, ids map[string]int) error {
	for _, file := range []string{"tokenizer_config.json", "special_tokens_map.json"} {
		name := folder + file
		if !b.has(name) {
			continue
		}
		var config struct {
			Pad specialToken `json:"pad_token"`
		}
		if err := b.readJSON(name, &config); err != nil {
			return err
		}
		if config.Pad == "" {
			continue
		}
		id, known := ids[string(config.Pad)]
		if !known {
			return fmt.Errorf("%s: pad_token %q is not in the vocabulary", name, config.Pad)
		}
		b.Text.Pad = int64(id)
		return nil
	}
	return nil
}
