package auditor

// Subject is one person of the curves.
type Subject struct {
	Winners Winners
	Name    int // candidate index of the true name
}

// DrawFunc chooses k of a subject's photos, without replacement, for one draw: their numbers in any
// order. It must give the same photos for the same arguments.
type DrawFunc func(subject, draw, k, photos int) []int

// seededDraws draws by the run's seed and the person's id: the same photos for every model, and for
// a person whoever else is on the roster. ids are the subjects'.
func seededDraws(seed uint64, ids []string) DrawFunc {
	return func(subject, draw, k, photos int) []int {
		return newRandom(seed, "draw", draw, k, ids[subject]).Perm(photos)[:k]
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

// Sweep repeats the attack with k photos a subject in a number of draws: correct[draw][i] is the
// number of correct prompts of the i-th subject. Every subject must have k photos; candidates is
// the number of names.
func Sweep(subjects []Subject, k, draws, candidates int, draw DrawFunc) [][]int {
	ballot := NewBallot(candidates)
	correct := make([][]int, draws)
	for d := range draws {
		correct[d] = make([]int, len(subjects))
		for i, s := range subjects {
			correct[d][i] = ballot.Correct(s.Winners, s.Name, draw(i, d, k, s.Winners.Photos()))
		}
	}
	return correct
}
