package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLabelsAndCountsCompleteEachOther(t *testing.T) {
	yes, no := true, false
	zero, five := int64(0), int64(5)
	got, notes := labelled([]Person{
		{ID: "from count", Count: &five},
		{ID: "from zero", Count: &zero},
		{ID: "non-member", Member: &no},
		{ID: "member", Member: &yes},
		{ID: "contradiction", Member: &no, Count: &five},
		{ID: "unknown"},
	})
	require.True(t, *got[0].Member)
	require.False(t, *got[1].Member)
	require.Zero(t, *got[2].Count, "a non-member is in the data 0 times")
	require.Nil(t, got[3].Count, "a member's count is not made up")
	require.False(t, *got[4].Member, "a label is not overruled")
	require.Nil(t, got[5].Member)
	require.Len(t, notes, 2)
	require.Contains(t, notes[0], "2 persons")
	require.Contains(t, notes[1], "1 person")
}

func TestHomonyms(t *testing.T) {
	require.Equal(t, []bool{true, false, true}, homonyms([]Person{{Name: "Ann_Bee"}, {Name: "Cy Dee"}, {Name: "ann  bee"}}))
}

func TestSwapIsARotationWithinTheSexes(t *testing.T) {
	persons := []Person{
		{Name: "A", Sex: "f"}, {Name: "B", Sex: "m"}, {Name: "C", Sex: "f"},
		{Name: "no photos", Sex: "f"}, {Name: "D", Sex: "female"}, {Name: "E"},
	}
	g := &gallery{first: []int{0, 2, 4, 6, 6, 8, 10}}
	guest := guests(persons, g, faceSwap)
	require.Equal(t, []int{2, -1, 4, -1, 0, -1}, guest, "alone of a sex, or without photos: nobody")
	require.Equal(t, []int{4, -1, 0, -1, 2, -1}, hosts(guest))
	require.Equal(t, []int{4, -1, 0, -1, 2, -1}, guests(persons, g, nameSwap), "the name swap goes round the other way")
}
