package clip

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// vocabularyFile is CLIP's list of merges as the open-clip-torch package ships it.
//
//go:embed bpe_simple_vocab_16e6.txt.gz
var vocabularyFile []byte

// clipMerges is how many merges of the file CLIP uses: 49152 entries less 256 bytes, their 256
// word-final forms, and so on as the original code counts; the rest of the file is unused.
const clipMerges = 49152 - 256 - 2

// sharedVocabulary parses the embedded file once.
var sharedVocabulary = sync.OnceValues(func() (*vocabulary, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(vocabularyFile))
	if err != nil {
		return nil, fmt.Errorf("embedded vocabulary: %w", err)
	}
	lines := bufio.NewScanner(unpacked)
	lines.Scan() // the first line is a version
	ids := byteSymbols()
	merges := make([][2]string, 0, clipMerges)
	for len(merges) < clipMerges && lines.Scan() {
		first, second, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			return nil, fmt.Errorf("embedded vocabulary: line %d is %q, want two symbols", len(merges)+2, lines.Text())
		}
		merges = append(merges, [2]string{first, second})
		ids[first+second] = len(ids)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("embedded vocabulary: %w", err)
	}
	start, end := len(ids), len(ids)+1
	return newVocabulary(ids, merges, start, end)
})

// endOfWord marks the last symbol of a word.
const endOfWord = "</w>"

// byteSymbols numbers the 256 bytes and their word-final forms as CLIP does.
func byteSymbols() map[string]int {
	ids := make(map[string]int, clipMerges+512)
	order := byteOrder()
	for i, b := range order {
		symbol := string(byteSymbol(b))
		ids[symbol] = i
		ids[symbol+endOfWord] = i + len(order)
	}
	return ids
}

// byteOrder lists all bytes: those that print as themselves first, then the others.
func byteOrder() []byte {
	var printing, others []byte
	for i := range 256 {
		if byteSymbol(byte(i)) == rune(i) {
			printing = append(printing, byte(i))
		} else {
			others = append(others, byte(i))
		}
	}
	return append(printing, others...)
}

// byteSymbol is the character that stands for a byte in vocabulary files: the byte's Latin-1
// character where that is visible, otherwise the next free one from U+0100 on.
func byteSymbol(b byte) rune {
	switch {
	case b <= ' ':
		return 0x100 + rune(b)
	case b < 0x7f:
		return rune(b)
	case b <= 0xa0:
		return 0x100 + rune(b-0x7f) + 33
	case b == 0xad:
		return 0x100 + 33 + 34
	}
	return rune(b)
}
