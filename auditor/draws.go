package auditor

import (
	"context"
	"math/rand/v2"

	"golang.org/x/sync/errgroup"
)

// Subject is one person of the curves.
type Subject struct {
	Winners Winners
	Name    int // candidate index of the true name
}

// DrawFunc chooses k of a subject's photos, without replacement, for one draw: their numbers in any
// order. It must give the same photos for the same arguments, and serve several goroutines.
type DrawFunc func(subject, draw, k, photos int) []int

// seededDraws draws by the run's seed and the person's id: the same photos for every model, and for
// a person whoever else is on the roster. ids are the subjects'.
func seededDraws(seed uint64, ids []string) DrawFunc {
	seeds := make([]uint64, len(ids))
	for i, id := range ids {
		seeds[i] = derivedSeed(seed, "draw", id)
	}
	return func(subject, draw, k, photos int) []int {
		source := rand.New(rand.NewPCG(seeds[subject], scrambled(uint64(k)<<32|uint64(draw))))
		return source.Perm(photos)[:k]
	}
}

// scrambled spreads a counter over 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood
// 2014), so that sources that are seeded with neighbours have nothing in common.
func scrambled(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
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

// Sweep repeats the attack with every number of photos in ks, each in a number of draws:
// correct[i][draw][s] is the number of correct prompts of subject s with ks[i] photos. Every
// subject must have that many. Subjects are spread over workers goroutines.
func Sweep(ctx context.Context, subjects []Subject, ks []int, draws, workers int, draw DrawFunc) ([][][]int, error) {
	correct := make([][][]int, len(ks))
	for i := range ks {
		correct[i] = make([][]int, draws)
		for d := range draws {
			correct[i][d] = make([]int, len(subjects))
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for s, subject := range subjects {
		group.Go(func() error {
			t, chosen := newTally(subject), newPhotoSet(subject.Winners.Photos())
			for i, k := range ks {
				for d := range draws {
					clear(chosen)
					for _, photo := range draw(s, d, k, subject.Winners.Photos()) {
						chosen.put(photo)
					}
					correct[i][d][s] = t.correct(chosen)
				}
			}
			return ctx.Err()
		})
	}
	return correct, group.Wait()
}
