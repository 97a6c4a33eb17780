package retriever

import "slices"

// homonyms finds persons who share a name or alias: a caption that has it counts for both.
type homonyms map[string]int // the first person with each folded name

// add notes the names of person i of the roster being built, which folded are keys, and warns when one
// is another's.
func (h homonyms) add(b *rosterBuilder, i int, keys []string) {
	persons := b.roster.Persons
	var shared []int
	for k, key := range keys {
		first, ok := h[key]
		if !ok {
			h[key] = i
			continue
		}
		if first == i || slices.Contains(shared, first) {
			continue
		}
		shared = append(shared, first)
		persons[i].Homonym, persons[first].Homonym = true, true
		b.warn(persons[i].Line, "%q (id %s) is a name of id %s (line %d) too; captions cannot tell them apart",
			persons[i].alias(int32(k)), persons[i].ID, persons[first].ID, persons[first].Line)
	}
}
