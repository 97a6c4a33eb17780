package auditor

import (
	"context"
	"fmt"
	"math"
	"slices"

	"rollcall/auditor/stats"
)

// mostExact is how many distinct counts get a bin of their own.
const mostExact = 12

// JoinCounts gives the persons their training counts, found by id; ids of nobody on the roster are
// returned. A count here replaces one that the person has.
func JoinCounts(persons []Person, counts map[string]int64) (joined []Person, unmatched []string) {
	joined = slices.Clone(persons)
	left := make(map[string]bool, len(counts))
	for id := range counts {
		left[id] = true
	}
	for i := range joined {
		if n, ok := counts[joined[i].ID]; ok {
			joined[i].Count = &n
			delete(left, joined[i].ID)
		}
	}
	for id := range left {
		unmatched = append(unmatched, id)
	}
	slices.Sort(unmatched)
	return joined, unmatched
}

// paperEdges are the bin edges of the published LAION files, left-closed. 175 is missing there too.
func paperEdges() []int64 {
	return []int64{0, 25, 50, 75, 100, 125, 150, 200, 225, 250, 275, 300, 1_000_000}
}

// wideEdges serve where there are too many counts for a bin each: about three a decade.
func wideEdges() []int64 { return []int64{1, 3, 6, 11, 26, 51, 101, 251, 501, 1001, 2501, 10_001} }

// binsOf cuts members' counts into bins: one for every distinct count where there are few, else
// wide ones without the empty ones at either end.
func binsOf(counts []int64) []Bin {
	distinct := slices.Compact(slices.Sorted(slices.Values(counts)))
	if len(distinct) <= mostExact {
		bins := make([]Bin, len(distinct))
		for i, n := range distinct {
			bins[i] = Bin{Label: fmt.Sprint(n), Low: n, High: n + 1}
		}
		return bins
	}
	return trimmed(edgesToBins(wideEdges(), true), counts)
}

func edgesToBins(edges []int64, open bool) []Bin {
	var bins []Bin
	for i, low := range edges {
		switch {
		case i+1 < len(edges):
			bins = append(bins, Bin{Label: fmt.Sprintf("%d-%d", low, edges[i+1]-1), Low: low, High: edges[i+1]})
		case open:
			bins = append(bins, Bin{Label: fmt.Sprintf("%d+", low), Low: low})
		}
	}
	return bins
}

func trimmed(bins []Bin, counts []int64) []Bin {
	used := func(b Bin) bool { return slices.ContainsFunc(counts, b.holds) }
	first := slices.IndexFunc(bins, used)
	last := len(bins) - 1
	for last >= 0 && !used(bins[last]) {
		last--
	}
	if first < 0 {
		return nil
	}
	return bins[first : last+1]
}

func (b Bin) holds(count int64) bool { return count >= b.Low && (b.High == 0 || count < b.High) }

// filled counts findings into bins and gives every bin its rate with the exact interval.
func filled(bins []Bin, findings []Finding, confidence float64) []Bin {
	for i := range bins {
		b := &bins[i]
		for _, f := range findings {
			if f.Count != nil && b.holds(*f.Count) {
				b.Persons++
				if f.Detected {
					b.Detected++
				}
			}
		}
		b.Rate = stats.ClopperPearson(b.Detected, b.Persons, confidence)
	}
	return bins
}

func countsOf(findings []Finding) []int64 {
	var out []int64
	for _, f := range findings {
		if f.Count != nil {
			out = append(out, *f.Count)
		}
	}
	return out
}

// frequency sets detection against training counts; nil when no member has a known count.
func frequency(ctx context.Context, o Options, model string, findings []Finding) *Frequency {
	var all []Finding
	for _, f := range findings {
		if f.Count != nil {
			all = append(all, f)
		}
	}
	members := split(all).members
	if len(members) == 0 {
		return nil
	}
	fr := &Frequency{Persons: len(all), Bins: filled(binsOf(countsOf(members)), members, o.Confidence)}
	if o.published() {
		fr.PaperBins = filled(edgesToBins(paperEdges(), false), members, o.Confidence)
	}
	fr.Spearman, fr.SpearmanP = rankCorrelation(ctx, o, model+" all", all)
	fr.SpearmanMembers, fr.SpearmanMemberP = rankCorrelation(ctx, o, model+" members", members)
	fr.fit(all, o.Confidence)
	return fr
}

func rankCorrelation(ctx context.Context, o Options, which string, findings []Finding) (stats.Estimate, stats.Number) {
	x, y := make([]float64, len(findings)), make([]float64, len(findings))
	for i, f := range findings {
		x[i], y[i] = float64(*f.Count), float64(f.CorrectPrompts)
	}
	rho := stats.Spearman(x, y, o.resampling(ctx, "spearman", which))
	p, _ := stats.SpearmanPermutation(x, y, o.resampling(ctx, "permutation", which))
	return rho, stats.Number(p)
}

// fit adds the logistic and the isotonic fit of detection.
func (fr *Frequency) fit(findings []Finding, confidence float64) {
	x, y := make([]float64, len(findings)), make([]float64, len(findings))
	for i, f := range findings {
		x[i] = math.Log10(float64(*f.Count) + 1)
		if f.Detected {
			y[i] = 1
		}
	}
	iso := stats.FitIsotonic(x, y, nil)
	for i := range iso.X {
		fr.Isotonic = append(fr.Isotonic, Knot{int64(math.Round(math.Pow(10, iso.X[i]) - 1)), iso.Y[i]})
	}
	fit, err := stats.FitLogistic(x, y)
	if err != nil {
		fr.NoLogistic = err.Error()
		return
	}
	fr.Logistic = &LogisticFit{
		Intercept: fit.InterceptWald(confidence), Slope: fit.SlopeProfile(confidence),
		P: fit.LikelihoodRatioP(), McFadden: fit.McFadden(), Count50: count50(fit, confidence, x),
	}
}

// count50 is the fit's count for 50 % detection with what the fit cannot say by itself: whether that
// count lies among the counts that were seen. It is undefined where detection does not rise.
func count50(fit stats.Logistic, confidence float64, x []float64) stats.Estimate {
	e := fit.Count50(confidence)
	if fit.Slope <= 0 {
		return stats.Undefined(e.N, confidence, e.Method, "detection does not rise with the count")
	}
	most := math.Pow(10, slices.Max(x)) - 1
	switch {
	case e.Value < 0:
		e.Warnings = append(e.Warnings, "the fit is above 50 % at every count")
	case e.Value > most:
		e.Warnings = append(e.Warnings, fmt.Sprintf("beyond the largest count seen, %.0f: an extrapolation", most))
	}
	if e.Low < 0 {
		e.Warnings = append(e.Warnings, "the interval reaches below a count of 0")
	}
	return e
}
