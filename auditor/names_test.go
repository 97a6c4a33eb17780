package auditor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	lists "rollcall/retriever/names"
)

func TestPromptsAreThePublishedOnes(t *testing.T) {
	// The list as the study's appendix has it, names in place of {0}.
	want := "X|an image of X|a photo of X|X on a photo|a photo of a person named X|a person named X|" +
		"a man named X|a woman named X|the name of the person is X|a photo of a person with the name X|" +
		"X at a gala|a photo of the celebrity X|actor X|actress X|a colored photo of X|" +
		"a black and white photo of X|a cool photo of X|a cropped photo of X|a cropped image of X|" +
		"X in a suit|X in a dress"
	var got []string
	for _, p := range Prompts() {
		got = append(got, fill(p, []string{"X"})[0])
	}
	require.Equal(t, want, strings.Join(got, "|"))
}

func TestInventedNames(t *testing.T) {
	taken := []string{"Mary Smith", "john_johnson"}
	names, err := InventNames(5000, 3, taken)
	require.NoError(t, err)
	men, women, surnames := lists.Men(), lists.Women(), lists.Surnames()
	require.Equal(t, []int{1000, 1000, 1000}, []int{len(men), len(women), len(surnames)})
	first, last := map[string]int{}, map[string]bool{}
	for _, n := range men {
		first[n] |= 1
	}
	for _, n := range women {
		first[n] |= 2
	}
	for _, n := range surnames {
		last[n] = true
	}
	seen := map[string]bool{"mary smith": true, "john johnson": true}
	for i, name := range names {
		parts := strings.Fields(name)
		require.Len(t, parts, 2)
		require.NotZero(t, first[parts[0]]&(1+i%2), "men and women in turn: half per sex")
		require.True(t, last[parts[1]])
		require.False(t, seen[strings.ToLower(name)], "%s is there twice or is somebody's", name)
		seen[strings.ToLower(name)] = true
	}
	again, err := InventNames(5000, 3, taken)
	require.NoError(t, err)
	require.Equal(t, names, again)
	other, err := InventNames(5000, 4, taken)
	require.NoError(t, err)
	require.NotEqual(t, names, other)
	_, err = InventNames(mostNames+1, 1, nil)
	require.ErrorContains(t, err, "at most")
}

func TestCandidates(t *testing.T) {
	persons := []Person{{ID: "a", Name: "Ann_Bee"}, {ID: "b", Name: "Cy Dee"}, {ID: "c", Name: "ann bee"}}
	t.Run("a list keeps its order and gains who is missing", func(t *testing.T) {
		c, err := candidatesFrom([]string{"Eve Fox", "Ann Bee", "Gus Hill"}, persons)
		require.NoError(t, err)
		require.Equal(t, []string{"Eve Fox", "Ann Bee", "Gus Hill", "Cy Dee"}, c.Names)
		require.Equal(t, []int{1, 3, 1}, c.Person, "underscores and case don't matter; homonyms share a name")
		require.Equal(t, []int{0, 2}, c.Decoys)
		require.Contains(t, c.Notes[0], "lacked 1 person")
	})
	t.Run("an alias is somebody's name and no decoy", func(t *testing.T) {
		known := []Person{{ID: "a", Name: "Richard Starkey", Aliases: []string{"Ringo Starr", "Ritchie"}}}
		c, err := candidatesFrom([]string{"Eve Fox", "ringo_starr", "Richard Starkey"}, known)
		require.NoError(t, err)
		require.Equal(t, []string{"Eve Fox", "ringo starr", "Richard Starkey"}, c.Names)
		require.Equal(t, []int{0}, c.Decoys)
		require.Equal(t, []string{"1 candidate names are aliases of persons on the roster: they compete, but are no decoys"}, c.Notes)
		invented, err := InventNames(1, 1, nil)
		require.NoError(t, err)
		known[0].Aliases = invented // the first that this seed comes to
		c, err = candidatesInvented(5, known, 1)
		require.NoError(t, err)
		require.Len(t, c.Decoys, 5)
		require.NotContains(t, c.Names, invented[0])
	})
	t.Run("invented names fill up to 1,000", func(t *testing.T) {
		c, err := candidatesInvented(0, persons, 1)
		require.NoError(t, err)
		require.Len(t, c.Names, 1000)
		require.Len(t, c.Decoys, 998)
		for i, p := range persons {
			require.Equal(t, nameKey(p.Name), nameKey(c.Names[c.Person[i]]))
		}
		require.NotEqual(t, []int{0, 1, 0}, c.Person, "shuffled")
		again, err := candidatesInvented(0, persons, 1)
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
	t.Run("a run's own list gives the same candidates", func(t *testing.T) {
		c, err := candidatesInvented(50, persons, 1)
		require.NoError(t, err)
		again, err := candidatesFrom(c.Names, persons)
		require.NoError(t, err)
		require.Equal(t, c.Names, again.Names)
		require.Equal(t, c.Decoys, again.Decoys)
	})
	t.Run("a large roster keeps 99 decoys", func(t *testing.T) {
		var many []Person
		for i := range 1500 {
			many = append(many, Person{Name: fmt.Sprint("Person ", i)})
		}
		c, err := candidatesInvented(0, many, 1)
		require.NoError(t, err)
		require.Len(t, c.Decoys, 99)
		require.NotEmpty(t, c.Notes)
	})
	t.Run("bad lines are named", func(t *testing.T) {
		for line, want := range map[string]string{"": "empty", "\xff": "UTF-8", strings.Repeat("n", 300): "longer than 200"} {
			_, err := candidatesFrom([]string{"Eve Fox", line}, persons)
			require.ErrorContains(t, err, "line 2")
			require.ErrorContains(t, err, want)
		}
	})
}

// letterTokens is a tokenizer that gives each byte a token between a start and an end token.
type letterTokens struct{}

func (letterTokens) Tokens(texts []string) [][]int64 {
	out := make([][]int64, len(texts))
	for i, text := range texts {
		out[i] = append(out[i], 998)
		for _, b := range []byte(text) {
			out[i] = append(out[i], int64(b))
		}
		out[i] = append(append(out[i], 999), make([]int64, 20)...)
	}
	return out
}

func TestMatcher(t *testing.T) {
	c := Candidates{Names: []string{"James Hill", "Mary Hill", "Jamie Hill", "Zzyzx Hill", "Mary Ann Hill"}, Decoys: []int{0, 1, 2, 3, 4}}
	for name, tc := range map[string]struct {
		by   []Match
		p    Person
		want []int
	}{
		"no matching":     {nil, Person{Name: "Eve Fox", Sex: "f"}, []int{0, 1, 2, 3, 4}},
		"women":           {[]Match{MatchSex}, Person{Name: "Eve Fox", Sex: "female"}, []int{1, 4}},
		"men":             {[]Match{MatchSex}, Person{Name: "Bob Fox", Sex: "M"}, []int{0}},
		"unknown sex":     {[]Match{MatchSex}, Person{Name: "Bob Fox"}, []int{0, 1, 2, 3, 4}},
		"words":           {[]Match{MatchWords}, Person{Name: "Bob_van_Fox"}, []int{4}},
		"tokens":          {[]Match{MatchTokens}, Person{Name: "Jamie Hill"}, []int{0, 2, 3}}, // 10 letters and spaces, like James and Zzyzx
		"words and women": {[]Match{MatchWords, MatchSex}, Person{Name: "Eve Fox", Sex: "w"}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := newMatcher(tc.by, c, letterTokens{})
			require.NoError(t, err)
			require.Equal(t, tc.want, m.decoys(tc.p), "Jamie is as frequent in both lists and Zzyzx in neither: of no known sex")
		})
	}
}
