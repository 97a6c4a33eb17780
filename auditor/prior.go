package auditor

import (
	"math"

	"rollcall/auditor/stats"
)

// addPrior adds one prompt's share to every name's text-only score: 1 minus the cosine of the
// name's text and the mean of all names' texts. It needs no photo: a name that the text tower has
// learned stands further out than one that it builds from its parts. All candidates are in the
// mean, so that the scores of names that the model does not know are exchangeable.
func addPrior(prior []float64, vectors [][]float32, prompts int) {
	mean := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for k, x := range v {
			mean[k] += float64(x)
		}
	}
	length := norm(mean)
	for n, v := range vectors {
		dot, square := 0.0, 0.0
		for k, x := range v {
			dot += float64(x) * mean[k]
			square += float64(x) * float64(x)
		}
		if length > 0 && square > 0 {
			prior[n] += (1 - dot/(length*math.Sqrt(square))) / float64(prompts)
		}
	}
}

func norm(v []float64) float64 {
	square := 0.0
	for _, x := range v {
		square += x * x
	}
	return math.Sqrt(square)
}

// priors ranks every person's text-only score among the decoys': the score and its rank p-value.
func priors(persons []Person, names Candidates, e *evidence, m *matcher) (scores, ps []float64) {
	decoys := take(e.prior, names.Decoys)
	for i, p := range persons {
		own := e.prior[names.Person[i]]
		scores = append(scores, own)
		ps = append(ps, stats.RankP(own, take(decoys, m.decoys(p))))
	}
	return scores, ps
}

// zPrior are the text-only scores in standard deviations of the decoys'; NaN with fewer than two.
func zPrior(names Candidates, e *evidence) []float64 {
	decoys := take(e.prior, names.Decoys)
	mean, sd := stats.Mean(decoys), stats.SD(decoys, 1)
	out := make([]float64, len(names.Person))
	for i, n := range names.Person {
		out[i] = math.NaN()
		if sd > 0 {
			out[i] = (e.prior[n] - mean) / sd
		}
	}
	return out
}
