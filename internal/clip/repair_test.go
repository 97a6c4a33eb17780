package clip

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// TestRepairsMatchPython compares with what the Python libraries give; testdata/make_repairs.py
// wrote the file.
func TestRepairsMatchPython(t *testing.T) {
	file, err := os.Open("testdata/repairs.jsonl")
	require.NoError(t, err)
	defer file.Close()
	tokenizer, err := NewTokenizer(77)
	require.NoError(t, err)
	apply := map[string]func(string) string{
		"repair":   sharedRepairer().text,
		"unescape": unescapeHTML,
		"lower":    lower,
		"clean":    tokenizer.Clean,
	}
	count := 0
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var row struct{ Kind, In, Out string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		require.Contains(t, apply, row.Kind)
		require.Equal(t, row.Out, apply[row.Kind](row.In), "%s of %q", row.Kind, row.In)
		count++
	}
	require.NoError(t, lines.Err())
	require.Greater(t, count, 1500)
}

func TestInvalidUTF8(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"pair of surrogates", "a\xed\xa0\xbd\xed\xb8\x80b", "a😀b"}, // D83D DE00 is U+1F600
		{"lone surrogate", "a\xed\xa0\xbdb", "a\ufffdb"},
		{"low before high", "\xed\xb8\x80\xed\xa0\xbd", "\ufffd\ufffd"},
		{"stray byte", "a\xffb", "a\ufffdb"},
		{"cut sequence", "caf\xc3", "caf\ufffd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, validText(test.in))
		})
	}
}

func FuzzRepair(f *testing.F) {
	for _, seed := range []string{"", "a", "schÃ¶n", "&#x110000;&EACUTE;&semi;", "\xed\xa0\xbd", "Ã \xc0\x80", "ÃƒÂ©"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := unescapeHTML(sharedRepairer().text(text))
		require.True(t, utf8.ValidString(out), "%q", out)
	})
}
