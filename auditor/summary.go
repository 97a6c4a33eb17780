package auditor

import "rollcall/auditor/stats"

// Summary is what one model showed over all persons.
type Summary struct {
	Model         string       `json:"model"`
	Of            string       `json:"of,omitempty"`        // the model's own name, where Model says more
	Reference     bool         `json:"reference,omitempty"` // a control that is known not to have seen the data
	Persons       int          `json:"persons"`             // with a usable photo
	Members       int          `json:"members"`
	NonMembers    int          `json:"non_members"`
	Unlabelled    int          `json:"unlabelled"`
	WithoutPhotos int          `json:"without_photos"` // on the roster, not measured
	Photos        int          `json:"photos"`         // used
	PhotosFailed  int          `json:"photos_failed"`
	Detected      int          `json:"detected"`
	Confusion     Confusion    `json:"confusion"` // all photos of everyone, tau as asked
	Rates         Rates        `json:"rates"`
	Controls      Controls     `json:"controls"`
	Curve         *Curve       `json:"curve,omitempty"`       // paper mode: rates against k
	Calibration   *Calibration `json:"calibration,omitempty"` // calibrated mode
	Frequency     *Frequency   `json:"frequency,omitempty"`   // where training counts are known
	Warnings      []string     `json:"warnings,omitempty"`
}

// Rates are the rates of the confusion matrix with exact intervals across persons, and TPR and FPR
// once more with an interval that also resamples each person's photos.
type Rates struct {
	TPR          stats.Estimate `json:"tpr"`
	FNR          stats.Estimate `json:"fnr"`
	FPR          stats.Estimate `json:"fpr"`
	TNR          stats.Estimate `json:"tnr"`
	Accuracy     stats.Estimate `json:"accuracy"`
	TPRResampled stats.Estimate `json:"tpr_resampled"`
	FPRResampled stats.Estimate `json:"fpr_resampled"`
}

// Controls say what the decision rule finds where there is nothing to find.
type Controls struct {
	DecoyRate      stats.Estimate `json:"decoy_rate"`       // decoys "detected" on the persons' photos; N is persons, each with all decoys
	SwapMembers    stats.Estimate `json:"swap_members"`     // members' names detected on another person's photos
	SwapNonMembers stats.Estimate `json:"swap_non_members"` // the same for non-members

	Rows []ControlSummary `json:"rows,omitempty"` // every control that has rows of its own
}

// Curve is the published experiment: k photos of everyone, several draws.
type Curve struct {
	Rule    string       `json:"rule"` // who took part, in words
	Persons int          `json:"persons"`
	Bins    []string     `json:"bins,omitempty"` // frequency bins of CurvePoint.ByBin
	Points  []CurvePoint `json:"points"`
	Skipped []string     `json:"skipped,omitempty"` // values of k that could not be had, and why
}

// CurvePoint is the result with k photos.
type CurvePoint struct {
	K          int            `json:"k"`
	Draws      int            `json:"draws"`
	Members    int            `json:"members"`
	NonMembers int            `json:"non_members"`
	TPR        DrawRate       `json:"tpr"`
	FNR        DrawRate       `json:"fnr"`
	FPR        DrawRate       `json:"fpr"`
	TNR        DrawRate       `json:"tnr"`
	Accuracy   DrawRate       `json:"accuracy"`
	ByBin      []stats.Number `json:"by_bin,omitempty"` // mean TPR of each frequency bin
}

// DrawRate is a rate over draws: its mean, how it moves from draw to draw, and how far another set
// of persons could move it.
type DrawRate struct {
	Mean         stats.Estimate `json:"mean"`          // interval: Clopper-Pearson over persons at the mean count
	SD           stats.Number   `json:"sd"`            // over draws, divided by draws - 1
	SDPopulation stats.Number   `json:"sd_population"` // over draws, divided by draws
}

// Calibration is how the continuous score tells members from non-members, and whether its p-values
// are honest on non-members.
type Calibration struct {
	Decoys            int             `json:"decoys"` // fewest that any person was ranked against
	SmallestP         float64         `json:"smallest_p"`
	AUC               stats.Estimate  `json:"auc"`                 // of the rank p-value
	AUCZ              stats.Estimate  `json:"auc_z"`               // of the decoy-standardised score
	AUCCorrectPrompts stats.Estimate  `json:"auc_correct_prompts"` // of the published rule's count
	AUCOthers         stats.Estimate  `json:"auc_others"`          // of the name on other persons' photos: far from 0.5 on either side is a prior
	TPRAt1Percent     stats.Estimate  `json:"tpr_at_fpr_0.01"`     // of the decoy-standardised score
	TPRAt01Percent    stats.Estimate  `json:"tpr_at_fpr_0.001"`
	ROC               []ROCPoint      `json:"roc,omitempty"` // of the decoy-standardised score
	NonMembersKS      KS              `json:"non_members_ks"`
	Below             []PBelow        `json:"below"`
	Discoveries       int             `json:"discoveries"` // persons with q <= 0.05
	FalseDiscoveries  int             `json:"false_discoveries"`
	PHistogram        []PHistogramBin `json:"p_histogram"`
}

// ROCPoint is a point of the ROC curve.
type ROCPoint struct {
	FPR float64 `json:"fpr"`
	TPR float64 `json:"tpr"`
}

// KS is the Kolmogorov-Smirnov test of p-values against the uniform distribution.
type KS struct {
	Distance stats.Number `json:"distance"`
	P        stats.Number `json:"p"`
	N        int          `json:"n"`
}

// PBelow is the share of persons with a p-value at or below a limit.
type PBelow struct {
	Limit      float64        `json:"limit"`
	Members    stats.Estimate `json:"members"`
	NonMembers stats.Estimate `json:"non_members"`
}

// PHistogramBin counts persons by p-value; the upper bound is included.
type PHistogramBin struct {
	High       float64 `json:"high"`
	Members    int     `json:"members"`
	NonMembers int     `json:"non_members"`
}

// Frequency is detection against how often a person is in the training data.
type Frequency struct {
	Persons         int            `json:"persons"` // with a known count, non-members at 0 included
	Bins            []Bin          `json:"bins"`
	PaperBins       []Bin          `json:"paper_bins,omitempty"` // the published edges
	Spearman        stats.Estimate `json:"spearman"`             // count and correct prompts, everybody
	SpearmanP       stats.Number   `json:"spearman_p"`           // permutation, two-sided
	SpearmanMembers stats.Estimate `json:"spearman_members"`     // the same over members alone
	SpearmanMemberP stats.Number   `json:"spearman_members_p"`
	Logistic        *LogisticFit   `json:"logistic,omitempty"`
	NoLogistic      string         `json:"no_logistic,omitempty"` // why there is no fit
	Isotonic        []Knot         `json:"isotonic,omitempty"`
	Adjusted        *Adjusted      `json:"adjusted,omitempty"` // the logistic fit beside covariates, where asked for
}

// Bin is the persons with a training count from Low to below High.
type Bin struct {
	Label    string         `json:"label"`
	Low      int64          `json:"low"`
	High     int64          `json:"high"` // 0 when open
	Persons  int            `json:"persons"`
	Detected int            `json:"detected"`
	Rate     stats.Estimate `json:"rate"`
}

// LogisticFit is detection on log10(count + 1).
type LogisticFit struct {
	Intercept stats.Estimate `json:"intercept"`
	Slope     stats.Estimate `json:"slope"` // profile likelihood interval
	P         float64        `json:"p"`     // likelihood ratio against no slope
	McFadden  float64        `json:"mcfadden"`
	Count50   stats.Estimate `json:"count_at_50_percent"`
}

// Knot is a point of the isotonic fit.
type Knot struct {
	Count int64   `json:"count"`
	Rate  float64 `json:"rate"`
}
