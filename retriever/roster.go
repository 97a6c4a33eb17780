package retriever

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Bounds of a roster file; beyond them it is not a list of persons.
const (
	maxRosterBytes  = 256 << 20
	maxNameBytes    = 256
	maxAliases      = 1000
	maxListedFaults = 20
)

// Person is someone to search or count.
type Person struct {
	ID      string   // unique in the roster; the name of the person's photo folder
	Name    string   // as captions write it, words separated by spaces
	Aliases []string // other ways to write it, without the name itself
	Sex     string   // "female", "male", "other", or "" when unknown
	Member  *bool    // in the training data; nil when unknown
	Count   *int64   // known training count, at least 0; nil when unknown
	Homonym bool     // another person has a name or alias in common
	Line    int      // where the roster file has the person, from 1; 0 when it is from no file
}

// Roster is the list of persons that a count or an audit is about.
type Roster struct {
	Persons  []Person
	Warnings []string // what is accepted but may mislead: homonyms, unknown columns, one-letter names; the first 20, and how many more
}

// RosterError lists what is wrong with a roster file: nothing of the file is used.
type RosterError struct {
	File   string
	Faults []Fault // the first 20, in the order of lines
	More   int     // how many more there are
}

// Fault is one thing that is wrong in an input file.
type Fault struct {
	Line int // from 1; 0 when it concerns the whole file
	Text string
}

// Error lists the faults, one a line.
func (e *RosterError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "roster %s cannot be used:", e.File)
	for _, f := range e.Faults {
		if f.Line > 0 {
			fmt.Fprintf(&b, "\n  line %d: %s", f.Line, f.Text)
		} else {
			fmt.Fprintf(&b, "\n  %s", f.Text)
		}
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n  and %d more", e.More)
	}
	return b.String()
}

// ReadRoster reads a roster: YAML when name, the file's, ends in .yaml or .yml, else CSV with a
// header. The columns (keys) are id, name, aliases, sex, member and count; only name is required.
//
// The study's published lists can be read as they are: gender stands for sex, membership for
// member, and underscores in a name without spaces for spaces. The error is a *RosterError when the
// content is at fault; it lists every fault (the first 20, and how many more).
func ReadRoster(r io.Reader, name string) (*Roster, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRosterBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading roster %s: %w", name, err)
	}
	b := newRosterBuilder(name)
	if len(data) > maxRosterBytes {
		b.fault(0, "it is larger than %d MiB, which no list of persons is", maxRosterBytes>>20)
		return b.finish()
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml":
		readRosterYAML(data, b)
	default:
		readRosterCSV(data, b)
	}
	return b.finish()
}

// Validate checks a roster that was made in code as ReadRoster checks a file's, so far as counting
// needs it: at least one person, each with a name that has a letter or a digit.
func (r *Roster) Validate() error {
	if r == nil || len(r.Persons) == 0 {
		return errors.New("the roster has no persons")
	}
	t := newFolded()
	for i := range r.Persons {
		for _, name := range r.Persons[i].names() {
			if !t.named(name) {
				return fmt.Errorf("person %d of the roster: name %q has no letter or digit", i+1, name)
			}
		}
	}
	return nil
}

// named reports whether a name has a letter or a digit.
func (t *folded) named(name string) bool {
	if strings.IndexByte(name, '&') < 0 { // no HTML entity
		for i := range len(name) {
			if c := name[i]; c < utf8.RuneSelf && t.ascii[c].letter != 0 {
				return true
			}
		}
	}
	t.read(name)
	return len(t.letters) > 0
}

// names gives the name and then the aliases.
func (p *Person) names() []string {
	return append([]string{p.Name}, p.Aliases...)
}

// alias gives one of names, by its number there.
func (p *Person) alias(number int32) string {
	if number == 0 {
		return p.Name
	}
	return p.Aliases[number-1]
}
