package auditor

import (
	"fmt"
	"io/fs"
	"strings"

	"rollcall/retriever"
)

// Person is one person of the roster under audit.
type Person struct {
	ID     string // unique; the name of the person's photo folder
	Name   string // as it stands in captions; underscores count as spaces
	Sex    string // "m", "f" or ""
	Member *bool  // true when known to be in the training data, false when known not to be, nil when unknown
	Count  *int64 // how often the person is in the training data, nil when unknown

	Aliases []string // other names: whoever is called so is this person, and no decoy
}

// PersonsOf are the persons of a roster; the auditor knows sexes by the study's letters.
func PersonsOf(roster *retriever.Roster) []Person {
	sexes := map[string]string{"male": "m", "female": "f"}
	persons := make([]Person, len(roster.Persons))
	for i, p := range roster.Persons {
		persons[i] = Person{ID: p.ID, Name: p.Name, Sex: sexes[p.Sex], Member: p.Member, Count: p.Count, Aliases: p.Aliases}
	}
	return persons
}

// displayName is the name as prompts have it.
func displayName(name string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(name, "_", " ")), " ")
}

// nameKey is equal for names that CLIP's tokenizer cannot tell apart.
func nameKey(name string) string { return strings.ToLower(displayName(name)) }

func checkPersons(persons []Person) error {
	if len(persons) == 0 {
		return fmt.Errorf("the roster names nobody: add a row for each person to audit")
	}
	seen := map[string]int{}
	for i, p := range persons {
		switch {
		case displayName(p.Name) == "":
			return fmt.Errorf("roster row %d (id %q) has no name", i+1, p.ID)
		case p.ID == "" || p.ID == "." || strings.ContainsAny(p.ID, `/\`) || !fs.ValidPath(p.ID):
			return fmt.Errorf("roster row %d (%s) has id %q: an id must do as the name of a photo folder", i+1, p.Name, p.ID)
		case seen[p.ID] > 0:
			return fmt.Errorf("roster rows %d and %d have the same id %q", seen[p.ID], i+1, p.ID)
		case p.Count != nil && *p.Count < 0:
			return fmt.Errorf("roster row %d (%s) has count %d", i+1, p.Name, *p.Count)
		}
		seen[p.ID] = i + 1
	}
	return nil
}

// homonyms tells for each person whether another one has the same name.
func homonyms(persons []Person) []bool {
	times := map[string]int{}
	for _, p := range persons {
		times[nameKey(p.Name)]++
	}
	out := make([]bool, len(persons))
	for i, p := range persons {
		out[i] = times[nameKey(p.Name)] > 1
	}
	return out
}

// labelled returns the persons with unknown membership taken from a known count (0 is a
// non-member), non-members with count 0, and notes about that and about labels that contradict counts.
func labelled(persons []Person) ([]Person, []string) {
	out := make([]Person, len(persons))
	copy(out, persons)
	derived, contradict := 0, 0
	for i := range out {
		p := &out[i]
		if p.Count == nil {
			if p.Member != nil && !*p.Member {
				p.Count = new(int64) // a non-member is in the data 0 times
			}
			continue
		}
		known := *p.Count > 0
		if p.Member == nil {
			p.Member = &known
			derived++
		} else if *p.Member != known {
			contradict++
		}
	}
	var notes []string
	if derived > 0 {
		notes = append(notes, fmt.Sprintf("membership of %s was taken from the training count (0: non-member); a count of 0 shows that the name was not found, not that the person is absent", personsOf(derived)))
	}
	if contradict > 0 {
		notes = append(notes, fmt.Sprintf("%s labelled against the count (a member with count 0, or a non-member with a count): check the roster", personsOf(contradict)))
	}
	return out, notes
}

func personsOf(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d persons", n)
}
