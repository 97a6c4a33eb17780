package clip

import "strings"

// clues finds runs of characters that look like the bytes of UTF-8 sequences read through a
// single-byte encoding, inside text that as a whole cannot be re-decoded.
type clues struct {
	second map[rune]bool // any continuation byte, or a space that was a no-break space
	strict map[rune]bool // continuation bytes that are not ordinary punctuation
	length map[rune]int  // leading characters: how many characters their sequence has
}

// ordinaryPunctuation are continuation bytes of windows encodings that mostly stand for themselves.
const ordinaryPunctuation = "\u2013\u2014\u2015\u2018\u2019\u201a\u201c\u201d\u201e\u2022\u2026"

// newClues derives the character sets from the encodings: a character belongs to a set when a
// byte of the set's range decodes to it in Latin-1 or one of the windows encodings.
func newClues(maps []*charmap) *clues {
	c := &clues{second: map[rune]bool{' ': true}, strict: map[rune]bool{}, length: map[rune]int{}}
	for _, m := range maps {
		if !m.sloppy && m != maps[0] {
			continue
		}
		for b := 0x80; b <= 0xbf; b++ {
			c.second[m.decoded[b]] = true
			if !strings.ContainsRune(ordinaryPunctuation, m.decoded[b]) {
				c.strict[m.decoded[b]] = true
			}
		}
		for b := 0xc2; b <= 0xef; b++ {
			c.length[m.decoded[b]] = 2 + (b >> 5 & 1)
		}
		// F0 and F3 lead nearly all four-byte characters in use.
		c.length[m.decoded[0xf0]] = 4
		c.length[m.decoded[0xf3]] = 4
	}
	return c
}

// replace passes every longest run of sequences to fix and puts its answer in the run's place.
func (c *clues) replace(text string, fix func(run string) string) string {
	runes := []rune(text)
	var out strings.Builder
	copied := 0
	for i := 0; i < len(runes); {
		end := i
		if i == 0 || !c.strict[runes[i-1]] {
			end = c.run(runes, i)
		}
		if end == i {
			i++
			continue
		}
		out.WriteString(string(runes[copied:i]))
		out.WriteString(fix(string(runes[i:end])))
		copied, i = end, end
	}
	if copied == 0 {
		return text
	}
	out.WriteString(string(runes[copied:]))
	return out.String()
}

// run returns where the run of sequences that starts at i ends; i itself when there is none.
func (c *clues) run(runes []rune, i int) int {
	for i < len(runes) {
		n := c.length[runes[i]]
		if n == 0 || i+n > len(runes) {
			return i
		}
		for _, r := range runes[i+1 : i+n] {
			if !c.second[r] {
				return i
			}
		}
		i += n
	}
	return i
}
