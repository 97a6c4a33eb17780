package clip

import (
	"strings"
	"unicode/utf8"
)

// alteredUTF8 matches UTF-8 sequences, as code points 0 to 255, in which byte A0 was replaced by a
// space. Short sequences are limited to those that form likely characters.
const alteredUTF8 = `[\x{c2}\x{c3}\x{c5}\x{ce}\x{d0}\x{d9}] ` +
	`|[\x{e2}\x{e3}] [\x{80}-\x{84}\x{86}-\x{9f}\x{a1}-\x{bf}]` +
	`|[\x{e0}-\x{e3}][\x{80}-\x{84}\x{86}-\x{9f}\x{a1}-\x{bf}] ` +
	`|\x{f0} [\x{80}-\x{bf}]{2}` +
	`|\x{f0}[\x{80}-\x{bf}] [\x{80}-\x{bf}]` +
	`|\x{f0}[\x{80}-\x{bf}]{2} `

// lossyUTF8 matches UTF-8 and CESU-8 sequences in which continuation bytes were lost: byte 1A
// stands for a replacement character, "?" may stand for one.
const lossyUTF8 = `[\x{c2}-\x{df}]\x1a` +
	`|[\x{c2}\x{c3}]\?` +
	`|\x{ed}[\x{a0}-\x{af}][\x1a?]\x{ed}[\x{b0}-\x{bf}][\x1a?\x{80}-\x{bf}]` +
	`|\x{ed}[\x{a0}-\x{af}][\x1a?\x{80}-\x{bf}]\x{ed}[\x{b0}-\x{bf}][\x1a?]` +
	`|[\x{e0}-\x{ef}][\x1a?][\x1a\x{80}-\x{bf}]` +
	`|[\x{e0}-\x{ef}][\x1a\x{80}-\x{bf}][\x1a?]` +
	`|[\x{f0}-\x{f4}][\x1a?][\x1a\x{80}-\x{bf}]{2}` +
	`|[\x{f0}-\x{f4}][\x1a\x{80}-\x{bf}][\x1a?][\x1a\x{80}-\x{bf}]` +
	`|[\x{f0}-\x{f4}][\x1a\x{80}-\x{bf}]{2}[\x1a?]` +
	`|\x1a`

// encoding undoes mojibake, layer by layer, as long as the text still looks like it.
func (r *repairer) encoding(s string) string {
	for range maxRounds {
		fixed := r.encodingStep(s)
		if fixed == s {
			break
		}
		s = fixed
	}
	return s
}

// encodingStep undoes one layer: the whole text re-read as UTF-8, or else single runs of it, or
// else Latin-1 control characters as windows-1252.
func (r *repairer) encodingStep(s string) string {
	if isASCII(s) || !r.suspicion.of(s) {
		return s
	}
	latin := ""
	for i, m := range r.charmaps {
		bytes, ok := m.encode(s)
		if !ok {
			continue
		}
		if i == 0 {
			latin = bytes
		}
		if fixed, ok := r.redecode(bytes, m); ok {
			return fixed
		}
	}
	fixed := r.clues.replace(s, func(run string) string {
		// A run that is the whole text has just been tried.
		if len(run) < len(s) && r.suspicion.of(run) {
			return r.encoding(run)
		}
		return run
	})
	if fixed != s {
		return fixed
	}
	if latin != "" {
		if fixed, ok := r.asWindows(latin); ok && fixed != s {
			return fixed
		}
	}
	return r.replaceC1(s)
}

// redecode reads the bytes of one encoding as UTF-8, after putting back what other programs lost.
func (r *repairer) redecode(bytes string, m *charmap) (string, bool) {
	if !m.roman && r.altered.MatchString(bytes) {
		bytes = restoreGrave(bytes)
		bytes = r.altered.ReplaceAllStringFunc(bytes, func(match string) string {
			return strings.ReplaceAll(match, " ", "\u00a0")
		})
	}
	if m.sloppy {
		bytes = r.lossy.ReplaceAllLiteralString(bytes, "\u00ef\u00bf\u00bd") // U+FFFD in UTF-8
	}
	raw := make([]byte, 0, len(bytes))
	for _, b := range bytes {
		raw = append(raw, byte(b))
	}
	return decodeVariants(string(raw))
}

// restoreGrave gives byte C3 before a space its A0 back and keeps the space: "à la", a word of its
// own. Where another space or a Portuguese contraction ("às", "àquele", "àquela", "àquilo")
// follows, the space itself is the lost byte.
func restoreGrave(bytes string) string {
	const lost = "\u00c3 "
	var out strings.Builder
	for {
		i := strings.Index(bytes, lost)
		if i < 0 {
			out.WriteString(bytes)
			return out.String()
		}
		out.WriteString(bytes[:i])
		bytes = bytes[i+len(lost):]
		out.WriteString("\u00c3")
		if !startsContraction(bytes) {
			out.WriteString("\u00a0")
		}
		out.WriteString(" ")
	}
}

func startsContraction(s string) bool {
	for _, p := range []string{" ", "quele", "quela", "quilo", "s "} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// decodeVariants reads UTF-8 strictly, but also takes CESU-8 pairs and Java's two-byte null.
func decodeVariants(s string) (string, bool) {
	if utf8.ValidString(s) {
		return s, true
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if r, ok := cesuPair(s[i:]); ok {
			out.WriteRune(r)
			i += 6
			continue
		}
		// The reference takes C0 before a final newline for a null too.
		if rest := s[i:]; strings.HasPrefix(rest, "\xc0\x80") || rest == "\xc0\n" {
			out.WriteByte(0)
			i += 2
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return "", false
		}
		out.WriteRune(r)
		i += size
	}
	return out.String(), true
}

// asWindows reads Latin-1 bytes as windows-1252; false when a byte is not assigned there.
func (r *repairer) asWindows(bytes string) (string, bool) {
	var out strings.Builder
	for _, b := range bytes {
		decoded := r.windows.decoded[b]
		if b == substitute {
			decoded = b
		}
		if b >= 0x80 && b < 0xa0 && decoded == b {
			return "", false
		}
		out.WriteRune(decoded)
	}
	return out.String(), true
}

// replaceC1 reads the control characters U+0080 to U+009F as windows-1252, as browsers do.
func (r *repairer) replaceC1(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 0x80 && c < 0xa0 {
			return r.windows.decoded[c]
		}
		return c
	}, s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
