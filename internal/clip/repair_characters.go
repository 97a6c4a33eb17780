package clip

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// characters repairs single characters: control characters that windows-1252 has letters for,
// Latin ligatures, full-width and half-width forms, curly quotes, line breaks.
func (r *repairer) characters(s string) string {
	if isASCII(s) && !strings.Contains(s, "\r") {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i, c := range s {
		if c >= 0x80 && c < 0xa0 {
			c = r.windows.decoded[c]
		}
		switch {
		case c < utf8.RuneSelf && c != '\r':
			out.WriteByte(byte(c))
		case c == '\r':
			if !strings.HasPrefix(s[i+1:], "\n") {
				out.WriteByte('\n')
			}
		case c == '\u2028' || c == '\u2029':
			out.WriteByte('\n')
		case c == '\u02bc' || c >= '\u2018' && c <= '\u201b':
			out.WriteByte('\'')
		case c >= '\u201c' && c <= '\u201f':
			out.WriteByte('"')
		case c == '\u3000':
			out.WriteByte(' ')
		case c > '\uff00' && c < '\ufff0':
			out.WriteString(norm.NFKC.String(string(c)))
		default:
			writeLigature(&out, c)
		}
	}
	return out.String()
}

// writeLigature writes the letters of a Latin ligature or digraph, or the character itself.
func writeLigature(out *strings.Builder, c rune) {
	switch c {
	case 'ŉ':
		out.WriteString("'n")
	case 'ﬅ':
		out.WriteString("ſt")
	case 'Ĳ', 'ĳ', 'Ǳ', 'ǲ', 'ǳ', 'Ǆ', 'ǅ', 'ǆ', 'Ǉ', 'ǈ', 'ǉ', 'Ǌ', 'ǋ', 'ǌ', 'ﬀ', 'ﬁ', 'ﬂ', 'ﬃ', 'ﬄ', 'ﬆ':
		// Compatibility decomposition gives exactly these letters; NFC puts the carons back.
		out.WriteString(norm.NFC.String(norm.NFKC.String(string(c))))
	default:
		out.WriteRune(c)
	}
}

// dropControls removes characters that have no visible effect and are hardly ever meant: ASCII
// control characters other than white space, deprecated Arabic ones, interlinear annotation, the
// object replacement character, the byte order mark.
func dropControls(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c < 0x09, c == 0x0b, c >= 0x0e && c < 0x20, c == 0x7f,
			c >= 0x206a && c <= 0x206f, c == 0xfeff, c >= 0xfff9 && c <= 0xfffc:
			return -1
		}
		return c
	}, s)
}
