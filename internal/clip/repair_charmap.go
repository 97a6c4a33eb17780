package clip

import (
	xcharmap "golang.org/x/text/encoding/charmap"
)

// substitute is the byte that stands for a replacement character in a lossy encoding.
const substitute = 0x1a

// charmap is a single-byte encoding through which UTF-8 text may have been misread.
type charmap struct {
	decoded [256]rune
	encoded map[rune]byte
	sloppy  bool // unassigned bytes pass as in Latin-1, and U+FFFD is byte 0x1a
	roman   bool // Mac Roman, where an en dash before a space looks like damaged UTF-8
}

// newCharmaps lists the encodings in the order in which they are tried. Latin-1 is first and
// windows-1252 second.
func newCharmaps() []*charmap {
	return []*charmap{
		newCharmap(xcharmap.ISO8859_1, false),
		newCharmap(xcharmap.Windows1252, true),
		newCharmap(xcharmap.Windows1251, true),
		newCharmap(xcharmap.Windows1250, true),
		newCharmap(xcharmap.Windows1253, true),
		newCharmap(xcharmap.Windows1254, true),
		newCharmap(xcharmap.Windows1257, true),
		newCharmap(xcharmap.ISO8859_2, false),
		newCharmap(xcharmap.Macintosh, false),
		newCharmap(xcharmap.CodePage437, false),
	}
}

func newCharmap(source *xcharmap.Charmap, sloppy bool) *charmap {
	m := &charmap{
		encoded: make(map[rune]byte, 256),
		sloppy:  sloppy,
		roman:   source == xcharmap.Macintosh,
	}
	for i := range 256 {
		r := source.DecodeByte(byte(i))
		if r == '\ufffd' {
			r = rune(i)
		}
		if sloppy && i == substitute {
			r = '\ufffd'
		}
		m.decoded[i] = r
		m.encoded[r] = byte(i)
	}
	return m
}

// encode turns text back into the bytes it was read from. The bytes are returned as a string of
// code points 0 to 255, so that regular expressions can look at them. It is false when some
// character cannot have come from this encoding.
func (m *charmap) encode(text string) (string, bool) {
	bytes := make([]rune, 0, len(text))
	for _, r := range text {
		b, ok := m.encoded[r]
		if !ok {
			return "", false
		}
		bytes = append(bytes, rune(b))
	}
	return string(bytes), true
}
