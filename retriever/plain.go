package retriever

import (
	"html"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxEntity bounds an HTML entity; the longest in the standard, "&CounterClockwiseContourIntegral;",
// has 33 bytes.
const maxEntity = 40

// maxComposed bounds the bytes in which a composer looks for a shorter piece; real text has no longer
// ones.
const maxComposed = 64

// plain is a caption as a reader sees it: HTML entities ("O&#39;Brien", "&amp;") read once, the
// text composed (NFC), half-width kana joined with their voicing marks. from and to give, for each
// byte of text, the range of the caption that it came from; both are nil when text is the caption
// from byte start on.
type plain struct {
	text     string
	start    int
	from, to []int32
}

// readPlain reads the stretch of a caption that starts at byte start. One that needs none of the
// steps is left untouched, which is nearly every one.
func readPlain(stretch string, start int) plain {
	p := plain{text: stretch, start: start}
	if strings.IndexByte(stretch, '&') >= 0 {
		p = p.replace(entity)
	}
	if isASCII(p.text) {
		return p
	}
	if !norm.NFC.IsNormalString(p.text) {
		p = p.replace((&composer{}).next)
	}
	if strings.Contains(p.text, "\uff9e") || strings.Contains(p.text, "\uff9f") {
		p = p.replace(fullWidth)
	}
	return p
}

func isASCII(text string) bool {
	var seen byte
	for i := range len(text) {
		seen |= text[i]
	}
	return seen < utf8.RuneSelf
}

// replace rebuilds the text piece by piece. next takes the rest of the text and gives what its
// first n bytes become.
func (p plain) replace(next func(rest string) (n int, piece string)) plain {
	var b strings.Builder
	b.Grow(len(p.text))
	out := plain{from: make([]int32, 0, len(p.text)), to: make([]int32, 0, len(p.text))}
	for i := 0; i < len(p.text); {
		n, piece := next(p.text[i:])
		from, to := p.origin(i, i+n)
		same := piece == p.text[i:i+n]
		for k := range len(piece) {
			if same {
				from, to = p.origin(i+k, i+k+1)
			}
			out.from, out.to = append(out.from, int32(from)), append(out.to, int32(to))
		}
		b.WriteString(piece)
		i += n
	}
	out.text = b.String()
	return out
}

// origin maps the non-empty byte range [i,j) of the text to the caption.
func (p plain) origin(i, j int) (from, to int) {
	if p.from == nil {
		return p.start + i, p.start + j
	}
	return int(p.from[i]), int(p.to[j-1])
}

// entity reads one HTML entity that ends in ";", or the text up to the next "&".
func entity(rest string) (n int, piece string) {
	if rest[0] != '&' {
		n = strings.IndexByte(rest, '&')
		if n < 0 {
			n = len(rest)
		}
		return n, rest[:n]
	}
	end := strings.IndexByte(rest[:min(len(rest), maxEntity)], ';')
	if end < 0 {
		return 1, rest[:1]
	}
	piece = html.UnescapeString(rest[:end+1])
	if strings.HasSuffix(piece, ";") && piece != ";" {
		return 1, rest[:1]
	}
	return end + 1, piece
}

// composer composes text a piece at a time. Its buffers are used again.
type composer struct{ head, tail []byte }

// next reads a run that is composed already, or else as little as NFC composes into one: up to the next
// place where NFC may cut the text, or less where a cut changes nothing.
func (c *composer) next(rest string) (n int, piece string) {
	if n = norm.NFC.QuickSpanString(rest); n > 0 {
		return n, rest[:n]
	}
	n = norm.NFC.NextBoundaryInString(rest, true)
	if n <= 0 {
		n = len(rest)
	}
	piece = norm.NFC.String(rest[:n])
	if n > maxComposed || piece == rest[:n] || utf8.RuneCountInString(piece) == 1 {
		return n, piece
	}
	for i := range rest[:n] {
		if i == 0 {
			continue
		}
		c.head, c.tail = norm.NFC.AppendString(c.head[:0], rest[:i]), norm.NFC.AppendString(c.tail[:0], rest[i:n])
		if k := len(c.head); k+len(c.tail) == len(piece) && piece[:k] == string(c.head) && piece[k:] == string(c.tail) {
			return i, piece[:k]
		}
	}
	return n, piece
}

// fullWidth reads one half-width kana together with the voicing mark that follows it.
func fullWidth(rest string) (n int, piece string) {
	n = norm.NFKC.NextBoundaryInString(rest, true)
	if n <= 0 {
		n = len(rest)
	}
	if strings.HasSuffix(rest[:n], "\uff9e") || strings.HasSuffix(rest[:n], "\uff9f") {
		return n, norm.NFKC.String(rest[:n])
	}
	return n, rest[:n]
}
