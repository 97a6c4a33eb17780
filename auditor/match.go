package auditor

import (
	"slices"
	"strings"

	lists "rollcall/retriever/names"
)

// sexOf reads the ways in which rosters write a sex: "m", "f" or "" when unknown.
func sexOf(word string) string {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "m", "male", "man", "men", "boy":
		return "m"
	case "f", "female", "woman", "women", "girl", "w":
		return "f"
	default:
		return ""
	}
}

// matcher finds the decoys that are like a person.
type matcher struct {
	by     []Match
	sex    []string // of each decoy, by its first name; "" when that does not tell
	words  []int    // of each decoy's name
	tokens map[string]int
	decoy  []string // nameKey of each decoy
}

func newMatcher(by []Match, c Candidates, tokenizer Tokenizer) (*matcher, error) {
	manRank, womanRank := ranks(lists.Men()), ranks(lists.Women())
	m := &matcher{by: by}
	if slices.Contains(by, MatchTokens) {
		m.tokens = tokenCounts(tokenizer, c.Names)
	}
	for _, d := range c.Decoys {
		words := strings.Fields(c.Names[d])
		first := nameKey(words[0])
		m.sex = append(m.sex, likelySex(manRank[first], womanRank[first]))
		m.words = append(m.words, len(words))
		m.decoy = append(m.decoy, nameKey(c.Names[d]))
	}
	return m, nil
}

// ranks numbers a list's names from 1, most frequent first.
func ranks(list []string) map[string]int {
	out := make(map[string]int, len(list))
	for i, name := range list {
		out[nameKey(name)] = i + 1
	}
	return out
}

// likelySex tells the sex of a first name from its ranks among men and women, 0 where a list lacks
// it. The census has James among women too, far down: a name on both lists counts for the one
// where it stands at least three times higher.
func likelySex(man, woman int) string {
	switch {
	case man > 0 && (woman == 0 || woman >= 3*man):
		return "m"
	case woman > 0 && (man == 0 || man >= 3*woman):
		return "f"
	default:
		return ""
	}
}

// decoys are the positions, among all decoys, of those that match the person. A person of unknown
// sex is matched by the other properties alone.
func (m *matcher) decoys(p Person) []int {
	sex, words, key := sexOf(p.Sex), len(strings.Fields(displayName(p.Name))), nameKey(p.Name)
	var out []int
	for d := range m.sex {
		if slices.Contains(m.by, MatchSex) && sex != "" && m.sex[d] != sex {
			continue
		}
		if slices.Contains(m.by, MatchWords) && m.words[d] != words {
			continue
		}
		if m.tokens != nil && m.tokens[m.decoy[d]] != m.tokens[key] {
			continue
		}
		out = append(out, d)
	}
	return out
}
