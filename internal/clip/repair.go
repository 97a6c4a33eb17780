package clip

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxSegment is how many code points of one line are repaired at a time, as ftfy bounds it.
const maxSegment = 1_000_000

// maxRounds bounds the repeat-until-stable loops. Every round undoes one layer of damage, so real
// text needs two or three.
const maxRounds = 64

// repairer undoes the damage that captions pick up on their way through the web. It gives what
// ftfy.fix_text 6.3.1 gives with its default options, which is what open_clip's tokenizer runs
// first. Its tables are read-only once built; one repairer serves any number of goroutines.
type repairer struct {
	suspicion *suspicion
	clues     *clues
	charmaps  []*charmap
	windows   *charmap // windows-1252 with the unassigned bytes kept
	altered   *regexp.Regexp
	lossy     *regexp.Regexp
	escapes   *regexp.Regexp
}

// sharedRepairer builds the tables on first use; all tokenizers share them.
var sharedRepairer = sync.OnceValue(newRepairer)

func newRepairer() *repairer {
	maps := newCharmaps()
	return &repairer{
		suspicion: newSuspicion(),
		clues:     newClues(maps),
		charmaps:  maps,
		windows:   maps[1],
		altered:   regexp.MustCompile(alteredUTF8),
		lossy:     regexp.MustCompile(lossyUTF8),
		escapes:   regexp.MustCompile(`\x1b\[[\p{Nd};]*[a-zA-Z]`),
	}
}

// text repairs a caption line by line. Once a line contains "<" the text is taken for real HTML,
// and entities of that line and the following ones stay.
func (r *repairer) text(s string) string {
	s = validText(s)
	if isPlain(s) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	entities := true
	for s != "" {
		line := nextSegment(s)
		s = s[len(line):]
		if strings.Contains(line, "<") {
			entities = false
		}
		out.WriteString(r.segment(line, entities))
	}
	return out.String()
}

// segment applies every repair in ftfy's order until nothing changes.
func (r *repairer) segment(s string, entities bool) string {
	for range maxRounds {
		before := s
		if entities {
			s = unescapeEntities(s)
		}
		s = r.encoding(s)
		s = r.characters(s)
		if strings.Contains(s, "\x1b[") {
			s = r.escapes.ReplaceAllLiteralString(s, "")
		}
		s = dropControls(s)
		s = norm.NFC.String(s)
		if s == before {
			break
		}
	}
	return s
}

// isPlain reports whether no repair can change s: printable ASCII without an entity's "&".
func isPlain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c == '&' || c >= 0x7f || c < 0x20 && c != '\t' && c != '\n' && c != '\f' {
			return false
		}
	}
	return true
}

// nextSegment is the first line of s with its newline, cut at maxSegment code points.
func nextSegment(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i+1]
	}
	if len(s) <= maxSegment {
		return s
	}
	count := 0
	for i := range s {
		if count == maxSegment {
			return s[:i]
		}
		count++
	}
	return s
}

// validText makes s valid UTF-8: pairs of UTF-16 surrogates that were written as UTF-8 become the
// character they stand for, every other invalid byte sequence one U+FFFD.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if r, ok := cesuPair(s[i:]); ok {
			out.WriteRune(r)
			i += 6
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if isSurrogate(s[i:]) {
			size = 3
		}
		out.WriteRune(r)
		i += size
	}
	return out.String()
}

// isSurrogate reports whether s starts with a UTF-16 surrogate in UTF-8's three-byte form.
func isSurrogate(s string) bool {
	return len(s) >= 3 && s[0] == 0xed && s[1] >= 0xa0 && s[1] <= 0xbf && isContinuation(s[2])
}

// cesuPair decodes a character that was written as two surrogates of three bytes each (CESU-8):
// 11101101 1010abcd 10efghij 11101101 1011klmn 10opqrst is U+10000 + abcdefghijklmnopqrst.
func cesuPair(s string) (rune, bool) {
	if len(s) < 6 || !isSurrogate(s) || !isSurrogate(s[3:]) || s[1] >= 0xb0 || s[4] < 0xb0 {
		return 0, false
	}
	high := rune(s[1]&0x0f)<<6 | rune(s[2]&0x3f)
	low := rune(s[4]&0x0f)<<6 | rune(s[5]&0x3f)
	return 0x10000 + high<<10 + low, true
}

func isContinuation(b byte) bool { return b&0xc0 == 0x80 }
