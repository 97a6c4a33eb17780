package auditor

import (
	"slices"
	"strings"
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
	by    []Match
	sex   []string // of each decoy, by its first name; "" when in both lists or neither
	words []int    // of each decoy's name
}

func newMatcher(by []Match, c Candidates) (*matcher, error) {
	men, women, _, err := readNameLists()
	if err != nil {
		return nil, err
	}
	sexes := map[string]string{}
	for _, name := range men {
		sexes[nameKey(name)] = "m"
	}
	for _, name := range women {
		if sexes[nameKey(name)] == "m" {
			sexes[nameKey(name)] = ""
		} else {
			sexes[nameKey(name)] = "f"
		}
	}
	m := &matcher{by: by}
	for _, d := range c.Decoys {
		words := strings.Fields(c.Names[d])
		m.sex = append(m.sex, sexes[nameKey(words[0])])
		m.words = append(m.words, len(words))
	}
	return m, nil
}

// decoys are the positions, among all decoys, of those that match the person. A person of unknown
// sex is matched by the other properties alone.
func (m *matcher) decoys(p Person) []int {
	sex, words := sexOf(p.Sex), len(strings.Fields(displayName(p.Name)))
	var out []int
	for d := range m.sex {
		if slices.Contains(m.by, MatchSex) && sex != "" && m.sex[d] != sex {
			continue
		}
		if slices.Contains(m.by, MatchWords) && m.words[d] != words {
			continue
		}
		out = append(out, d)
	}
	return out
}
