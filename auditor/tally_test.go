package auditor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A tally counts by sets what a ballot counts vote by vote.
func TestTallyAgreesWithBallot(t *testing.T) {
	for _, photos := range []int{1, 30, 64, 65, 200} {
		t.Run(fmt.Sprint(photos), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(photos), 1))
			won := 0
			for range 50 {
				s := Subject{Winners{5, make([]int32, 5*photos)}, r.IntN(6)}
				for i := range s.Winners.Names {
					s.Winners.Names[i] = int32(r.IntN(6)) // few names, so that many share first place
				}
				tally, ballot := newTally(s), NewBallot(6)
				for k := 1; k <= photos; k += 1 + photos/7 {
					chosen, set := r.Perm(photos)[:k], newPhotoSet(photos)
					for _, x := range chosen {
						set.put(x)
					}
					want := ballot.Correct(s.Winners, s.Name, chosen)
					require.Equal(t, want, tally.correct(set), "%d photos", k)
					won += want
				}
			}
			require.Positive(t, won)
		})
	}
}

func TestSweepIsTheSameOnAnyNumberOfGoroutines(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	subjects, ids := make([]Subject, 9), make([]string, 9)
	for i := range subjects {
		subjects[i] = Subject{Winners{3, make([]int32, 3*12)}, i}
		for at := range subjects[i].Winners.Names {
			subjects[i].Winners.Names[at] = int32(r.IntN(9))
		}
		ids[i] = fmt.Sprint("person ", i)
	}
	one, err := Sweep(t.Context(), subjects, []int{1, 5, 12}, 4, 1, seededDraws(1, ids))
	require.NoError(t, err)
	many, err := Sweep(t.Context(), subjects, []int{1, 5, 12}, 4, 5, seededDraws(1, ids))
	require.NoError(t, err)
	require.Equal(t, one, many)
}
