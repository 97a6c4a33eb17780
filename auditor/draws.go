package auditor

import "slices"

// DrawFunc chooses k of a person's photos, without replacement, for one draw: their numbers in any
// order. It must give the same photos for the same arguments.
type DrawFunc func(person, draw, k, photos int) []int

// seededDraws draws by the run's seed and the person's id: the same photos for every model, and for
// a person whoever else is on the roster.
func seededDraws(seed uint64, ids []string) DrawFunc {
	return func(person, draw, k, photos int) []int {
		return newRandom(seed, "draw", draw, k, ids[person]).Perm(photos)[:k]
	}
}

// PaperKs are the numbers of photos that the published curves have, up to most: 1, 3, 5, ... and
// most itself (1, 3, ..., 29, 30).
func PaperKs(most int) []int {
	var ks []int
	for k := 1; k < most; k += 2 {
		ks = append(ks, k)
	}
	if most > 0 {
		ks = append(ks, most)
	}
	return ks
}

// Sweep repeats the attack with k photos a person in a number of draws: correct[draw][i] is the
// number of correct prompts of the i-th of persons, whose winners and name it is given. Every one
// of them must have k photos.
func Sweep(winners []Winners, names []int, persons []int, k, draws, candidates int, draw DrawFunc) [][]int {
	ballot := NewBallot(candidates)
	correct := make([][]int, draws)
	for d := range draws {
		correct[d] = make([]int, len(persons))
		for i, person := range persons {
			photos := slices.Clone(draw(person, d, k, winners[person].Photos()))
			correct[d][i] = ballot.Correct(winners[person], names[person], photos)
		}
	}
	return correct
}
