package clip

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The ways in which a caption is cleaned before it is tokenized.
const (
	CleanOpenCLIP    = "open_clip"    // repaired, entities decoded twice, white space collapsed, lower case
	CleanHuggingFace = "hugging_face" // composed (NFC), white space collapsed, lower case
)

// specialTokens are the spellings of the start and end tokens that a text may itself contain.
type specialTokens struct{ start, end string }

// Tokenizer turns captions into the token ids that CLIP's text tower takes. It serves any number
// of goroutines.
type Tokenizer struct {
	vocabulary *vocabulary
	clean      string
	length     int
	pad        int64
}

// NewTokenizer is open_clip's tokenizer for texts of contextLength tokens, padded with 0.
func NewTokenizer(contextLength int) (*Tokenizer, error) {
	v, err := sharedVocabulary()
	if err != nil {
		return nil, err
	}
	return newTokenizer(v, CleanOpenCLIP, contextLength, 0)
}

func newTokenizer(v *vocabulary, clean string, length int, pad int64) (*Tokenizer, error) {
	if clean != CleanOpenCLIP && clean != CleanHuggingFace {
		return nil, fmt.Errorf("text cleaning %q is unknown: want %q or %q", clean, CleanOpenCLIP, CleanHuggingFace)
	}
	if length < 2 {
		return nil, fmt.Errorf("context length %d: a text needs at least its start and end token", length)
	}
	return &Tokenizer{vocabulary: v, clean: clean, length: length, pad: pad}, nil
}

// Clean is the caption as it is tokenized.
func (t *Tokenizer) Clean(text string) string {
	if t.clean == CleanHuggingFace {
		return lowerPlain(collapse(norm.NFC.String(validText(text))))
	}
	if !isPlain(text) {
		text = sharedRepairer().text(text)
		text = unescapeHTML(unescapeHTML(text))
	}
	return lower(strings.Join(strings.FieldsFunc(text, isPythonSpace), " "))
}

// Encode gives the token ids of a caption without padding: the start token, the words, the end
// token. A caption that is too long for the model is cut, with the end token in the last place.
func (t *Tokenizer) Encode(text string) []int64 {
	ids := make([]int64, 1, 32)
	ids[0] = t.vocabulary.start
	clean := t.Clean(text)
	if t.clean == CleanHuggingFace {
		ids = t.withSpecials(ids, clean)
	} else {
		ids = t.words(ids, clean)
	}
	if len(ids) >= t.length {
		ids = ids[:t.length-1]
	}
	return append(ids, t.vocabulary.end)
}

// Pad extends ids to the model's context length.
func (t *Tokenizer) Pad(ids []int64) []int64 {
	padded := make([]int64, t.length)
	n := copy(padded, ids)
	for i := n; i < t.length; i++ {
		padded[i] = t.pad
	}
	return padded
}

// words appends the ids of the words of a clean text, as far as the model reads.
func (t *Tokenizer) words(ids []int64, text string) []int64 {
	openCLIP := t.clean == CleanOpenCLIP
	for text != "" && len(ids) < t.length {
		if openCLIP && text[0] == '<' {
			if id, n := t.specialAt(text); n > 0 {
				ids = append(ids, id)
				text = text[n:]
				continue
			}
		}
		n := wordLength(text, openCLIP)
		if n == 0 {
			text = strings.TrimLeftFunc(text, func(c rune) bool { return kindOf(c) == space })
			continue
		}
		ids = t.vocabulary.word(ids, text[:n])
		text = text[n:]
	}
	return ids
}

// specialAt finds open_clip's spelling of a special token at the start of a text. Only there is it
// special: in the middle of a run of punctuation it is punctuation.
func (t *Tokenizer) specialAt(text string) (int64, int) {
	special := specialTokens{"<start_of_text>", "<end_of_text>"}
	switch {
	case strings.HasPrefix(text, special.start):
		return t.vocabulary.start, len(special.start)
	case strings.HasPrefix(text, special.end):
		return t.vocabulary.end, len(special.end)
	}
	return 0, 0
}

// withSpecials appends the ids of a clean text in which Hugging Face's spellings of the special
// tokens count wherever they stand.
func (t *Tokenizer) withSpecials(ids []int64, text string) []int64 {
	special := specialTokens{"<|startoftext|>", "<|endoftext|>"}
	for {
		start, end := strings.Index(text, special.start), strings.Index(text, special.end)
		switch {
		case start < 0 && end < 0:
			return t.words(ids, text)
		case end < 0 || start >= 0 && start < end:
			ids = append(t.words(ids, text[:start]), t.vocabulary.start)
			text = text[start+len(special.start):]
		default:
			ids = append(t.words(ids, text[:end]), t.vocabulary.end)
			text = text[end+len(special.end):]
		}
		if len(ids) >= t.length {
			return ids
		}
	}
}

// collapse puts one space for every run of white space.
func collapse(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	gap := false
	for _, c := range s {
		if kindOf(c) == space {
			gap = true
			continue
		}
		if gap {
			out.WriteByte(' ')
			gap = false
		}
		out.WriteRune(c)
	}
	return out.String()
}
