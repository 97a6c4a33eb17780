package auditor

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// detectedOfGroups makes findings in which detection follows sex alone: 3 of 20 men and 15 of 20
// women at each of two counts.
func detectedOfGroups() (Options, []Finding) {
	o := Options{Confidence: 0.95, Covariates: []Covariate{CovariateSex}}
	var findings []Finding
	yes := true
	for _, count := range []int64{1, 99} {
		for sex, hits := range map[string]int{"m": 3, "f": 15} {
			for i := range 20 {
				id := fmt.Sprint(sex, count, "/", i)
				n := count
				o.Persons = append(o.Persons, Person{ID: id, Sex: sex})
				findings = append(findings, Finding{ID: id, Member: &yes, Count: &n, Photos: 10, Detected: i < hits})
			}
		}
	}
	return o, findings
}

func TestAdjustedSeparatesCountFromSex(t *testing.T) {
	o, findings := detectedOfGroups()
	a := adjust(o, findings, nil, "")
	require.Equal(t, 80, a.Persons)
	require.False(t, a.Firth)
	require.Equal(t, []string{"intercept", "log10(count+1)", "woman"}, []string{a.Terms[0].Term, a.Terms[1].Term, a.Terms[2].Term})
	require.InDelta(t, 0, a.Terms[1].Estimate.Value, 1e-9, "both counts are detected alike")
	// Men 6 of 40, women 30 of 40: log(30/10) - log(6/34).
	require.InDelta(t, math.Log(3)-math.Log(6.0/34), a.Terms[2].Estimate.Value, 1e-9)
	require.Less(t, float64(a.Terms[2].P), 1e-6)
	require.InDelta(t, 1, float64(a.Terms[1].P), 1e-6)
	require.True(t, a.Terms[2].Estimate.Low > 0 && a.Terms[2].Estimate.High > a.Terms[2].Estimate.Value)
}

func TestAdjustedLeavesOutWhatIsNotKnown(t *testing.T) {
	o, findings := detectedOfGroups()
	for i := range 5 {
		o.Persons[i].Sex = ""
	}
	o.Covariates = []Covariate{CovariateSex, CovariatePhotos}
	a := adjust(o, findings, nil, "")
	require.Equal(t, 75, a.Persons)
	require.Equal(t, 5, a.LeftOut)
	require.Equal(t, []string{"log10(photos) is alike for everyone in the fit and was left out"}, a.Notes)
	require.Nil(t, adjust(Options{}, findings, nil, ""), "not asked for")
}

func TestAdjustedFallsBackToFirth(t *testing.T) {
	o, findings := detectedOfGroups()
	for i := range findings {
		findings[i].Detected = o.Persons[i].Sex == "f"
	}
	a := adjust(o, findings, nil, "")
	require.True(t, a.Firth, "sex separates the outcomes")
	// With sex alone Firth's penalty adds 1/2 to each cell, log odds of 2 log(81) = 8.8; the count,
	// which is balanced, shares the penalty.
	require.InDelta(t, 8.8, a.Terms[2].Estimate.Value, 1)
	require.Positive(t, a.Terms[2].Estimate.Low)
	require.Contains(t, a.Terms[2].Estimate.Method, "Firth")

	for i := range findings {
		findings[i].Detected = true
	}
	a = adjust(o, findings, nil, "")
	require.NotEmpty(t, a.NoFit)
}

// The covariate prior is the reference model's score where there is one, the text's alone else.
func TestPriorCovariateComesFromTheReference(t *testing.T) {
	o := smallOptions(30, 30, 4)
	o.Covariates = []Covariate{CovariatePrior}
	var alone, beside recorder
	require.NoError(t, Run(t.Context(), o, &alone))
	require.Contains(t, alone.summary(0).Frequency.Adjusted.Prior, "text-only")
	o.Models = append(o.Models, Model{Name: "never saw it", Digest: "other", Encoder: &arithmeticEncoder{}, Reference: true})
	require.NoError(t, Run(t.Context(), o, &beside))
	require.Contains(t, beside.summary(0).Frequency.Adjusted.Prior, "never saw it")
	require.Contains(t, beside.summary(1).Frequency.Adjusted.Prior, "text-only", "a reference is not its own prior")
	require.True(t, beside.summary(1).Reference)
	require.Equal(t, 60, beside.summary(0).Frequency.Adjusted.Persons)
}
