package auditor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	lists "rollcall/retriever/names"
)

const (
	// paperNames is how many candidates the published study has: real and invented together.
	paperNames = 1000
	// leastDecoys are invented even beside a roster that fills the list: with fewer a rank p-value
	// could not reach 0.01.
	leastDecoys = 99
	mostNames   = 200_000
	longestName = 200 // bytes
)

// Candidates are the names that compete for every photo.
type Candidates struct {
	Names  []string // in index order: of equal similarities the lower index wins
	Person []int    // index of each person's name, in roster order
	Decoys []int    // indexes of names that belong to no person of the roster
	From   string   // "file", "invented" or "roster"
	Notes  []string // what was changed on the way
}

// candidatesFrom takes a whole list of names and adds roster names that it lacks at its end.
func candidatesFrom(list []string, persons []Person) (Candidates, error) {
	c := Candidates{From: "file"}
	at := map[string]int{}
	for i, raw := range list {
		name := displayName(raw)
		if err := checkName(name); err != nil {
			return c, fmt.Errorf("names list, line %d: %w", i+1, err)
		}
		if first, twice := at[nameKey(name)]; twice {
			return c, fmt.Errorf("names list, lines %d and %d: %q and %q are one name to the model; remove one", first+1, i+1, list[first], raw)
		}
		at[nameKey(name)] = i
		c.Names = append(c.Names, name)
	}
	added := c.addRoster(persons, at)
	if added > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("the names list lacked %s of the roster; their names were added at its end", personsOf(added)))
	}
	return c.finish(persons, at), nil
}

// candidatesInvented takes the roster's names and invents decoys, half per sex, then shuffles.
func candidatesInvented(decoys int, persons []Person, seed uint64) (Candidates, error) {
	c := Candidates{From: "invented"}
	at := map[string]int{}
	roster := c.addRoster(persons, at)
	if decoys == 0 {
		decoys = max(paperNames-roster, leastDecoys)
		if roster > paperNames-leastDecoys {
			c.Notes = append(c.Notes, fmt.Sprintf("%d decoys were invented beside %d roster names: more candidates than the published 1,000", decoys, roster))
		}
	}
	taken := slices.Clone(c.Names)
	for _, p := range persons {
		taken = append(taken, p.Aliases...)
	}
	invented, err := InventNames(decoys, seed, taken)
	if err != nil {
		return c, err
	}
	c.Names = append(c.Names, invented...)
	newRandom(seed, "shuffle names").Shuffle(len(c.Names), func(i, j int) { c.Names[i], c.Names[j] = c.Names[j], c.Names[i] })
	for i, name := range c.Names {
		at[nameKey(name)] = i
	}
	return c.finish(persons, at), nil
}

// candidatesReal takes the roster's names alone, in its order, as the study's first version did.
func candidatesReal(persons []Person) Candidates {
	c := Candidates{From: "roster"}
	at := map[string]int{}
	c.addRoster(persons, at)
	return c.finish(persons, at)
}

// candidatesOf chooses the candidates by the options.
func candidatesOf(o Options) (Candidates, error) {
	switch {
	case o.has(V1):
		return candidatesReal(o.Persons), nil
	case o.Names != nil:
		return candidatesFrom(o.Names, o.Persons)
	default:
		return candidatesInvented(o.Decoys, o.Persons, o.Seed)
	}
}

// addRoster appends the roster's names that are not there yet and says how many.
func (c *Candidates) addRoster(persons []Person, at map[string]int) int {
	added := 0
	for _, p := range persons {
		if _, there := at[nameKey(p.Name)]; !there {
			at[nameKey(p.Name)] = len(c.Names)
			c.Names = append(c.Names, displayName(p.Name))
			added++
		}
	}
	return added
}

func (c Candidates) finish(persons []Person, at map[string]int) Candidates {
	real := make([]bool, len(c.Names))
	aliases := 0
	for _, p := range persons {
		i := at[nameKey(p.Name)]
		c.Person = append(c.Person, i)
		real[i] = true
	}
	for _, p := range persons {
		for _, alias := range p.Aliases {
			if i, there := at[nameKey(alias)]; there && !real[i] {
				real[i] = true
				aliases++
			}
		}
	}
	if aliases > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d candidate names are aliases of persons on the roster: they compete, but are no decoys", aliases))
	}
	for i := range c.Names {
		if !real[i] {
			c.Decoys = append(c.Decoys, i)
		}
	}
	return c
}

// InventNames makes n names that are nobody's on the list taken: a random first name (of the 1,000
// most frequent per sex) and a random surname (of the 1,000 most frequent), men and women in turn.
// The same n, seed and list give the same names.
func InventNames(n int, seed uint64, taken []string) ([]string, error) {
	if n < 0 || n+len(taken) > mostNames {
		return nil, fmt.Errorf("%d decoys beside %d names: ask for at most %d names in all", n, len(taken), mostNames)
	}
	men, women, surnames := lists.Men(), lists.Women(), lists.Surnames()
	used := map[string]bool{}
	for _, name := range taken {
		used[nameKey(name)] = true
	}
	source := newRandom(seed, "invent names")
	names := make([]string, 0, n)
	for len(names) < n {
		first := men
		if len(names)%2 == 1 {
			first = women
		}
		name := pick(source, first) + " " + pick(source, surnames)
		if !used[nameKey(name)] {
			used[nameKey(name)] = true
			names = append(names, name)
		}
	}
	return names, nil
}

func pick(source *rand.Rand, from []string) string { return from[source.IntN(len(from))] }

func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("an empty name; remove the line")
	case len(name) > longestName:
		return fmt.Errorf("%.30q... is longer than %d bytes: one name a line", name, longestName)
	case !utf8.ValidString(name):
		return fmt.Errorf("%q is not UTF-8; save the list as UTF-8", name)
	}
	return nil
}
