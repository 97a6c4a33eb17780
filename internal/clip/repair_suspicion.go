package clip

import (
	"unicode"
	"unicode/utf8"
)

// class is a set of character classes, one bit each.
type class uint64

// The classes into which the few hundred characters of known mojibake fall, and four of ASCII.
const (
	common class = 1 << iota // occurs in many contexts, suspicious only in longer patterns
	control1
	bad // hardly ever written on purpose
	law
	currency
	opening
	closing
	numeric
	kaomoji // letters that draw faces, and so stand next to odd characters
	upperAccented
	lowerAccented
	upperCommon
	lowerCommon
	box
	smallASCII
	capitalASCII
	whitespace
	wordCharacter
	notASCIILetter
	notNewline
	firstLiteral // further bits are given out to literal sets
)

// suspicion decides whether text looks like mojibake: whether somewhere two to five characters
// stand together that people do not write together. The classes and patterns are those of ftfy
// 6.3.1's badness heuristic, since the same captions must be repaired.
type suspicion struct {
	classes  map[rune]class
	literals map[string]class
	starts   [][]class
	rules    [][]class
}

func newSuspicion() *suspicion {
	s := &suspicion{classes: map[rune]class{}, literals: map[string]class{}}
	s.add(common, "\u00a0\u00ad\u00b7\u00b4\u2013\u2014\u2015\u2026\u2019")
	s.add(control1, "\u0080-\u009f")
	s.add(bad, "¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\ufffdªº")
	s.add(law, "¶§")
	s.add(currency, "¢£¥₧€")
	s.add(opening, "¡«¿©\u0384\u0385‘‚“„•‹\uf8ff")
	s.add(closing, "®»˝”›™")
	s.add(numeric, "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№")
	s.add(kaomoji, "Ò-ÖÙ-Üò-öø-üŐŌŪŲ°")
	s.add(upperAccented, "À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ")
	s.add(lowerAccented, "ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ")
	s.add(upperCommon, "ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я")
	s.add(lowerCommon, "α-ωάέήίΰа-џ")
	s.add(box, "│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓")
	s.add(smallASCII, "a-z")
	s.add(capitalASCII, "A-Z")
	s.rules = append(s.categoryRules(), s.literalRules()...)
	s.starts = [][]class{{s.literal("ÃÂ"), s.literal(" ")}}
	return s
}

// categoryRules are the patterns over whole classes.
func (s *suspicion) categoryRules() [][]class {
	const accented = lowerAccented | upperAccented
	const symbols = accented | box | opening | closing | currency | numeric | law
	return [][]class{
		{control1},
		{bad | symbols, bad},
		{bad, symbols},
		{smallASCII | capitalASCII, lowerCommon | upperCommon, bad},
		{lowerAccented | lowerCommon | box | closing | currency | numeric, upperAccented},
		{box | closing | currency | numeric, lowerAccented},
		{lowerAccented | box | closing, currency},
		{whitespace, upperAccented, currency},
		{upperAccented | box, numeric | law},
		{accented | box | currency | closing, opening, numeric},
		{accented | currency | numeric | box | law, closing, opening},
		{currency | numeric | box, opening},
		{smallASCII, upperAccented, opening | currency},
		{box, kaomoji},
		{accented | currency | numeric | opening | closing | law, box},
		{box, closing},
		{accented, opening | closing, wordCharacter},
		{s.literal("Œœ"), notASCIILetter},
		{upperAccented, s.literal("°")},
	}
}

// literalRules are the patterns that begin certain encodings' mojibake.
func (s *suspicion) literalRules() [][]class {
	is := s.literal
	arabic := common | currency | bad | numeric | opening | is("ŸŠ®°µ»")
	cyrillic := control1 | bad | opening | closing | currency | is("°µ")
	greek := control1 | bad | opening | closing | currency | is("°")
	return [][]class{
		{is("ÂÃÎÐ"), is("€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´") | opening | closing},
		{is("×"), is("²³")},
		{is("ØÙ"), arabic, is("ØÙ"), arabic},
		{is("à"), is("²µ¹¼½¾")},
		{is("√"), is("±∂†≠®™´≤≥¥µø")}, // Mac Roman
		{is("≈"), is("°¢")},
		{is("‚"), is("Ä"), is("ìîïòôúùû†°¢π")},
		{is("‚"), is("âó"), is("àä°ê")},
		{is("в"), is("Ђ")}, // windows-1251
		{is("ВГРС"), cyrillic, is("ВГРС")},
		{is("Г"), is("ў"), is("В"), is("Ђ"), is("В"), notNewline, smallASCII | capitalASCII | is(" ")},
		{is("Ã"), is("\u00a0¡")},
		{smallASCII, is("ÃÂ"), is(" ")},
		{smallASCII, whitespace, is("ÃÂ"), is(" ")},
		{smallASCII | closing | is(".,?!"), is("Â"), is(" ") | opening | closing},
		{is("β"), is("€"), is("™\u00a0\u0386\u00ad®°")}, // windows-1253
		{is("ΒΓΞΟ"), greek, is("ΒΓΞΟ")},
		{is("ā"), is("€")}, // windows-1257
	}
}

// add puts characters into a class; "a-z" is a range.
func (s *suspicion) add(c class, members string) {
	runes := []rune(members)
	for i := 0; i < len(runes); i++ {
		last := runes[i]
		if i+2 < len(runes) && runes[i+1] == '-' {
			last = runes[i+2]
		}
		for r := runes[i]; r <= last; r++ {
			s.classes[r] |= c
		}
		if last != runes[i] {
			i += 2
		}
	}
}

// literal is the class of just these members. There is room for 44 different ones.
func (s *suspicion) literal(members string) class {
	c, known := s.literals[members]
	if !known {
		c = firstLiteral << len(s.literals)
		s.literals[members] = c
		s.add(c, members)
	}
	return c
}

// of reports whether text matches any pattern.
func (s *suspicion) of(text string) bool {
	classes := make([]class, 0, len(text))
	lastWide := -1 // no pattern reaches more than two ASCII characters ahead of its first other one
	for _, r := range text {
		classes = append(classes, s.classify(r))
		if r >= utf8.RuneSelf {
			lastWide = len(classes) - 1
		}
	}
	for _, rule := range s.starts {
		if matches(rule, classes) {
			return true
		}
	}
	for i := range classes[:lastWide+1] {
		for _, rule := range s.rules {
			if rule[0]&classes[i] != 0 && matches(rule, classes[i:]) {
				return true
			}
		}
	}
	return false
}

func (s *suspicion) classify(r rune) class {
	c := s.classes[r]
	if isPythonSpace(r) {
		c |= whitespace
	}
	if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
		c |= wordCharacter
	}
	if c&(smallASCII|capitalASCII) == 0 {
		c |= notASCIILetter
	}
	if r != '\n' {
		c |= notNewline
	}
	return c
}

// matches reports whether the classes begin with the pattern.
func matches(rule, classes []class) bool {
	if len(classes) < len(rule) {
		return false
	}
	for i, want := range rule {
		if classes[i]&want == 0 {
			return false
		}
	}
	return true
}

// isPythonSpace is Python's str.isspace for one character: Unicode white space and the four ASCII
// separators U+001C to U+001F.
func isPythonSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}
