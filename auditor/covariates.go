package auditor

import (
	"fmt"
	"slices"
)

// Covariate is what detection may depend on beside the training count.
type Covariate string

const (
	// CovariatePrior is what is known of the name without the data: the reference model's score, or
	// the text-only prior where there is no reference model.
	CovariatePrior Covariate = "prior"
	// CovariatePhotos is the number of photos at hand, as its log10.
	CovariatePhotos Covariate = "photos"
	// CovariateSex is 1 for women and 0 for men.
	CovariateSex Covariate = "sex"
)

func covariates() []Covariate { return []Covariate{CovariatePrior, CovariatePhotos, CovariateSex} }

func (o Options) checkCovariates() error {
	for _, c := range o.Covariates {
		if !slices.Contains(covariates(), c) {
			return fmt.Errorf("covariate %q is unknown: use any of %v", c, covariates())
		}
		if c == CovariatePrior && !o.has(Calibrated) {
			return fmt.Errorf("covariate %q is a score: it needs mode %s", c, Calibrated)
		}
	}
	return nil
}
