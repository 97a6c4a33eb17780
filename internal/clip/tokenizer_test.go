package clip

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixture is the path of a fixture; the test is skipped when it is absent.
func fixture(t testing.TB, elements ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "fixtures"}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		skip(t, "fixture is absent: "+path)
	}
	return path
}

// skip skips a test whose parts are not here, and fails it where every part must be.
func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// goldenText is one string of golden/tokenizer.json with what the Python libraries make of it.
type goldenText struct {
	Category    string  `json:"cat"`
	Text        string  `json:"s"`
	Clean       string  `json:"clean"`
	OpenCLIP    []int64 `json:"open_clip"`
	HuggingFace []int64 `json:"hf"`
}

func goldenTexts(t testing.TB) []goldenText {
	t.Helper()
	raw, err := os.ReadFile(fixture(t, "golden", "tokenizer.json"))
	require.NoError(t, err)
	var file struct {
		Rows []goldenText `json:"rows"`
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	require.Len(t, file.Rows, 311)
	return file.Rows
}

func TestTokenizerMatchesOpenCLIP(t *testing.T) {
	tokenizer, err := NewTokenizer(77)
	require.NoError(t, err)
	for _, row := range goldenTexts(t) {
		require.Equal(t, row.Clean, tokenizer.Clean(row.Text), "%s: %q", row.Category, row.Text)
		require.Equal(t, row.OpenCLIP, tokenizer.Encode(row.Text), "%s: %q", row.Category, row.Text)
	}
}

func TestTokenizerMatchesHuggingFace(t *testing.T) {
	v, err := sharedVocabulary()
	require.NoError(t, err)
	tokenizer, err := newTokenizer(v, CleanHuggingFace, 77, v.end)
	require.NoError(t, err)
	for _, row := range goldenTexts(t) {
		require.Equal(t, row.HuggingFace, tokenizer.Encode(row.Text), "%s: %q", row.Category, row.Text)
	}
}

func TestTokenizerOnRealCaptions(t *testing.T) {
	tokenizer, err := NewTokenizer(77)
	require.NoError(t, err)
	for _, row := range captions(t) {
		want := append([]int64{49406}, row.IDs...)
		want = append(want[:min(len(want), 76)], 49407)
		require.Equal(t, want, tokenizer.Encode(row.Text), "%q", row.Text)
	}
}

// caption is one line of clip_tokens.jsonl.
type caption struct {
	Text string  `json:"text"`
	IDs  []int64 `json:"ids"` // all of them, without start and end
}

func captions(t testing.TB) []caption {
	t.Helper()
	file, err := os.Open(fixture(t, "clip_tokens.jsonl"))
	require.NoError(t, err)
	defer file.Close()
	var rows []caption
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var row caption
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		rows = append(rows, row)
	}
	require.NoError(t, lines.Err())
	require.Len(t, rows, 2000)
	return rows
}

func TestTokenizerRefusals(t *testing.T) {
	v, err := sharedVocabulary()
	require.NoError(t, err)
	_, err = newTokenizer(v, "canonicalize", 77, 0)
	require.ErrorContains(t, err, `text cleaning "canonicalize" is unknown`)
	_, err = newTokenizer(v, CleanOpenCLIP, 1, 0)
	require.ErrorContains(t, err, "context length 1")
}

func TestPad(t *testing.T) {
	tokenizer, err := NewTokenizer(6)
	require.NoError(t, err)
	// "a" is 320 in golden/tokenizer.json.
	require.Equal(t, []int64{49406, 320, 49407, 0, 0, 0}, tokenizer.Pad(tokenizer.Encode("a")))
	require.Equal(t, []int64{49406, 320, 320, 320, 320, 49407}, tokenizer.Pad(tokenizer.Encode("a a a a a a a")))
}

// TestLongWord would not end within the test's time if merging were quadratic.
func TestLongWord(t *testing.T) {
	tokenizer, err := NewTokenizer(77)
	require.NoError(t, err)
	ids := tokenizer.Encode(strings.Repeat("qxjz", 500_000))
	require.Len(t, ids, 77)
	require.EqualValues(t, 49407, ids[76])
}

func TestWordCacheIsBounded(t *testing.T) {
	v, err := newVocabulary(byteSymbols(), nil, 512, 513)
	require.NoError(t, err)
	for i := range maxCachedWords + 10 {
		v.word(nil, strconv.Itoa(i))
	}
	require.LessOrEqual(t, len(v.words), maxCachedWords)
	v.word(nil, strings.Repeat("x", maxCachedBytes+1))
	require.NotContains(t, v.words, strings.Repeat("x", maxCachedBytes+1))
}

func FuzzTokenizer(f *testing.F) {
	tokenizer, err := NewTokenizer(77)
	require.NoError(f, err)
	f.Add("a photo of Zoë Kravitz")
	f.Add("<start_of_text>'ſ &amp;amp; Ã©\xff")
	f.Fuzz(func(t *testing.T, text string) {
		ids := tokenizer.Encode(text)
		require.LessOrEqual(t, len(ids), 77)
		require.EqualValues(t, 49406, ids[0])
		require.EqualValues(t, 49407, ids[len(ids)-1])
		for _, id := range ids {
			require.Less(t, id, int64(49408))
		}
	})
}
