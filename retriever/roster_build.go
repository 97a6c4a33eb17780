package retriever

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rosterBuilder gathers persons and every fault of a roster file, whatever its format.
type rosterBuilder struct {
	roster *Roster
	err    *RosterError
	more   int            // warnings that are not listed
	lines  map[string]int // line by id
	names  homonyms
	text   *folded
	keys   []string // the folded names of the person being added
}

func newRosterBuilder(file string) *rosterBuilder {
	return &rosterBuilder{roster: &Roster{}, err: &RosterError{File: file}, text: newFolded()}
}

// maxExpected bounds the room that is made before any person was read.
const maxExpected = 1 << 17

// expect makes room for about so many persons.
func (b *rosterBuilder) expect(persons int) {
	persons = min(persons, maxExpected)
	b.roster.Persons = make([]Person, 0, persons)
	b.lines, b.names = make(map[string]int, persons), make(homonyms, persons)
}

func (b *rosterBuilder) fault(line int, format string, args ...any) {
	if len(b.err.Faults) == maxListedFaults {
		b.err.More++
		return
	}
	b.err.Faults = append(b.err.Faults, Fault{line, fmt.Sprintf(format, args...)})
}

// warn lists as many warnings as faults are: a roster of thousands of homonyms marks them all, and
// need not name them one a line.
func (b *rosterBuilder) warn(line int, format string, args ...any) {
	if len(b.roster.Warnings) == maxListedFaults {
		b.more++
		return
	}
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	b.roster.Warnings = append(b.roster.Warnings, text)
}

// entry is one person as a roster file has it, all cells still text.
type entry struct {
	id, name, sex, member, count string
	aliases                      []string
}

// add checks one person. Every fault is noted; a person with one is left out.
func (b *rosterBuilder) add(line int, e entry) {
	p := Person{ID: strings.TrimSpace(e.id), Name: spacedName(e.name), Line: line}
	before := len(b.err.Faults) + b.err.More
	b.keys = b.keys[:0]
	b.checkName(line, "name", p.Name)
	p.Aliases = b.aliases(line, p.Name, e.aliases)
	if p.ID == "" {
		p.ID = defaultID(p.Name)
	}
	b.checkID(line, p.ID)
	p.Sex = b.sex(line, e.sex)
	p.Member = b.member(line, e.member)
	p.Count = b.count(line, e.count)
	if len(b.err.Faults)+b.err.More > before {
		return
	}
	b.lines[p.ID] = line
	if p.Member != nil && p.Count != nil && *p.Member != (*p.Count > 0) {
		b.warn(line, "member is %q but count is %d", e.member, *p.Count)
	}
	b.roster.Persons = append(b.roster.Persons, p)
	b.names.add(b, len(b.roster.Persons)-1, b.keys)
}

// spacedName trims a name and reads the underscores of "First_Last" as spaces.
func spacedName(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsFunc(s, unicode.IsSpace) {
		s = strings.TrimSpace(strings.ReplaceAll(s, "_", " "))
	}
	return s
}

// defaultID is the id of a person for whom none is given: the name with underscores for spaces.
func defaultID(name string) string {
	return strings.Join(strings.Fields(name), "_")
}

// checkName checks a name or alias and folds it.
func (b *rosterBuilder) checkName(line int, what, s string) {
	switch {
	case s == "":
		b.fault(line, "%s is empty", what)
		return
	case len(s) > maxNameBytes:
		b.fault(line, "%s is %d bytes long, more than %d: %.30q...", what, len(s), maxNameBytes, s)
		return
	case !utf8.ValidString(s):
		b.fault(line, "%s is not UTF-8: %q; save the file as UTF-8", what, s)
		return
	case strings.ContainsFunc(s, unicode.IsControl):
		b.fault(line, "%s has a line break or control character: %q", what, s)
		return
	}
	b.text.read(s)
	switch utf8.RuneCount(b.text.letters) { // the letters and digits that a caption is compared with
	case 0:
		b.fault(line, "%s %q has no letter or digit", what, s)
	case 1:
		b.warn(line, "%s %q is one letter and matches every such word", what, s)
	}
	b.keys = append(b.keys, string(b.text.normalised(nil, 0)))
}

func (b *rosterBuilder) aliases(line int, name string, given []string) []string {
	var out []string
	for _, a := range given {
		if a = strings.TrimSpace(a); a == "" || a == name || slices.Contains(out, a) {
			continue
		}
		if len(out) == maxAliases {
			b.fault(line, "more than %d aliases", maxAliases)
			break
		}
		b.checkName(line, "alias", a)
		out = append(out, a)
	}
	return out
}

// checkID refuses ids that are taken or that cannot name a photo folder.
func (b *rosterBuilder) checkID(line int, id string) {
	other, taken := b.lines[id]
	switch {
	case taken:
		b.fault(line, "id %q is line %d's already; give each person an id of its own", id, other)
	case len(id) > maxNameBytes:
		b.fault(line, "id is %d bytes long, more than %d", len(id), maxNameBytes)
	case id != "" && (id[0] == '.' || strings.ContainsAny(id, `/\`) || strings.ContainsFunc(id, unicode.IsControl)):
		b.fault(line, `id %q cannot name a photo folder: it starts with "." or has a slash or control character`, id)
	}
}

func (b *rosterBuilder) sex(line int, s string) string {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "":
		return ""
	case "f", "female", "w", "woman":
		return "female"
	case "m", "male", "man":
		return "male"
	case "x", "other":
		return "other"
	}
	b.fault(line, "sex is %q; write female, male, other, or nothing when unknown", s)
	return ""
}

func (b *rosterBuilder) member(line int, s string) *bool {
	var yes bool
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "":
		return nil
	case "yes", "member", "true":
		yes = true
	case "no", "non_member", "false":
	default:
		b.fault(line, "member is %q; write yes, no, or nothing when unknown", s)
	}
	return &yes
}

// count reads a whole number; "12.0" is accepted because pandas writes a column with gaps so.
func (b *rosterBuilder) count(line int, s string) *int64 {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64)
	if err != nil || n < 0 {
		b.fault(line, "count is %q; write a whole number, at least 0, or nothing when unknown", s)
	}
	return &n
}

func (b *rosterBuilder) finish() (*Roster, error) {
	if len(b.err.Faults) == 0 && len(b.roster.Persons) == 0 {
		b.fault(0, "it has no persons")
	}
	if len(b.err.Faults) > 0 {
		return nil, b.err
	}
	if b.more > 0 {
		b.roster.Warnings = append(b.roster.Warnings, fmt.Sprintf("and %d more warnings; whoever shares a name is marked as a homonym in every result", b.more))
	}
	return b.roster, nil
}
