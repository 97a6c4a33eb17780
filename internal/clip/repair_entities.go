package clip

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// maxEntityName is the longest name between "&" and ";" that the repair takes for an entity.
const maxEntityName = 24

// unescapeEntities replaces complete entities ("&eacute;", "&#233;") as ftfy does, with names in
// capitals ("&EACUTE;") read as the capital letter where no entity has that name.
func unescapeEntities(s string) string {
	var out strings.Builder
	rest := s
	for {
		i := strings.IndexByte(rest, '&')
		if i < 0 {
			break
		}
		out.WriteString(rest[:i])
		rest = rest[i:]
		n := entityLength(rest)
		if n == 0 {
			out.WriteByte('&')
			rest = rest[1:]
			continue
		}
		out.WriteString(completeEntity(rest[:n]))
		rest = rest[n:]
	}
	if rest == s {
		return s
	}
	out.WriteString(rest)
	return out.String()
}

// entityLength is the length of "&name;" or "&#name;" at the start of s, 0 when there is none.
func entityLength(s string) int {
	start := 1
	if strings.HasPrefix(s, "&#") {
		start = 2
	}
	for i := start; i < len(s); i++ {
		switch c := s[i]; {
		case c == ';':
			if i == start {
				return 0
			}
			return i + 1
		case i-start == maxEntityName || !isAlphanumeric(c):
			return 0
		}
	}
	return 0
}

// completeEntity is what entity stands for, or entity itself.
func completeEntity(entity string) string {
	if strings.HasPrefix(entity, "&#") {
		if value, n := numericReference(entity); n == len(entity) && value != ";" {
			return value
		}
		return entity
	}
	// Only the name as a whole counts: a leftover ";" means that a prefix of it was replaced.
	value := namedEntity(entity)
	switch {
	case entity == "&semi;" || !strings.HasSuffix(value, ";"):
		return value
	case value != entity || entity != strings.ToUpper(entity):
		return entity
	}
	lower := strings.ToLower(entity)
	if value := html.UnescapeString(lower); !strings.HasSuffix(value, ";") {
		return cases.Upper(language.Und).String(value)
	}
	return entity
}

// unescapeHTML is Python's html.unescape: names need no ";" where HTML allows it, and the longest
// prefix of a name that is an entity is replaced.
func unescapeHTML(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:i])
		s = s[i:]
		value, n := numericReference(s)
		if n == 0 {
			n = namedReference(s)
			value = namedEntity(s[:n])
		}
		out.WriteString(value)
		s = s[n:]
	}
}

// namedReference is the length of "&" and what may be an entity's name behind it: up to 32
// characters, and a semicolon.
func namedReference(s string) int {
	n := 1
	for range 32 {
		c, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || strings.ContainsRune("\t\n\f <&#;", c) {
			break
		}
		n += size
	}
	if n > 1 && strings.HasPrefix(s[n:], ";") {
		n++
	}
	return n
}

// namedEntity is html.UnescapeString with the two names of HTML's list that its table lacks.
func namedEntity(reference string) string {
	switch reference {
	case "&nGt;":
		return "\u226b\u20d2"
	case "&nLt;":
		return "\u226a\u20d2"
	}
	return html.UnescapeString(reference)
}

// numericReference decodes "&#233;" or "&#xe9;" at the start of s and says how long it is, 0 when
// there is none. The semicolon is optional.
func numericReference(s string) (string, int) {
	if !strings.HasPrefix(s, "&#") {
		return "", 0
	}
	start, base := 2, 10
	if len(s) > 2 && s[2]|0x20 == 'x' {
		start, base = 3, 16
	}
	end := start
	for end < len(s) && isDigit(s[end], base) {
		end++
	}
	if end == start {
		return "", 0
	}
	number, err := strconv.ParseUint(s[start:end], base, 32)
	if err != nil {
		number = utf8.MaxRune + 1
	}
	if strings.HasPrefix(s[end:], ";") {
		end++
	}
	return characterReference(number), end
}

// characterReference is the character with a number, by HTML's rules as Python applies them:
// 0x80 to 0x9F are windows-1252, control characters and non-characters vanish.
func characterReference(number uint64) string {
	switch {
	case number == 0, number >= 0xd800 && number <= 0xdfff, number > utf8.MaxRune:
		return "\ufffd"
	case number >= 0x80 && number <= 0x9f:
		return string(sharedRepairer().windows.decoded[number])
	case number < 0x09, number == 0x0b, number >= 0x0e && number < 0x20, number == 0x7f,
		number >= 0xfdd0 && number <= 0xfdef, number&0xfffe == 0xfffe:
		return ""
	}
	return string(rune(number))
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func isDigit(c byte, base int) bool {
	return c >= '0' && c <= '9' || base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f'
}
