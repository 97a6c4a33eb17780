package stats

import (
	"encoding/json"
	"os"
	"testing"

	"rollcall/internal/peers"

	"github.com/stretchr/testify/require"
)

// golden is the part of the reference figures (scipy 1.17, statsmodels 0.15, scikit-learn 1.9)
// that these tests read.
type golden struct {
	Proportions []struct {
		X              int        `json:"x"`
		N              int        `json:"n"`
		Confidence     float64    `json:"conf"`
		ClopperPearson [2]float64 `json:"clopper_pearson"`
		Wilson         [2]float64 `json:"wilson"`
		Upper          float64    `json:"cp_upper_one_sided"`
		Lower          float64    `json:"cp_lower_one_sided"`
	} `json:"proportions"`
	Spearman []struct {
		X, Y         []float64
		Rho          float64
		PT           float64     `json:"p_t_approx"`
		PExact       *float64    `json:"p_exact_two_sided"`
		PExactUp     *float64    `json:"p_exact_greater"`
		PPermutation *float64    `json:"p_perm_two_sided_mc"`
		Bootstrap    *[2]float64 `json:"bootstrap_percentile_95_mc"`
	} `json:"spearman"`
	Logistic []logisticCase `json:"logistic"`
	Isotonic []struct {
		X, Y, W, Fit, Query, Pred []float64
		FitWeighted               []float64 `json:"fit_weighted"`
	} `json:"isotonic"`
	Multiple []struct {
		P    []float64
		BH   []float64 `json:"bh_adj"`
		BY   []float64 `json:"by_adj"`
		Holm []float64 `json:"holm_adj"`
	} `json:"multiple"`
	AUC []struct {
		Pos, Neg []float64
		AUC      float64
		Variance float64            `json:"delong_var"`
		CI       [2]float64         `json:"delong_ci95"`
		LogitCI  *[2]float64        `json:"delong_logit_ci95"`
		MW       float64            `json:"mannwhitney_p_two_sided"`
		TPRAtFPR map[string]float64 `json:"tpr_at_fpr"`
	} `json:"auc"`
	RankP []struct {
		True   float64
		Decoys []float64
		P      float64
	} `json:"rank_p"`
}

type logisticCase struct {
	Name      string
	Count     []float64
	Detected  []float64
	Coef      [2]float64
	SE        [2]float64
	Cov       [2][2]float64
	WaldCI    [2][2]float64 `json:"wald_ci95"`
	P         [2]float64
	LogLik    float64
	Null      float64     `json:"loglik_null"`
	LRP       float64     `json:"lr_p"`
	McFadden  float64     `json:"mcfadden"`
	Count50   float64     `json:"count50"`
	DeltaCI   [2]float64  `json:"count50_delta_ci95"`
	FiellerCI *[2]float64 `json:"count50_fieller_ci95"`
	Predict   map[string]float64
	Profile   [2]float64 `json:"slope_profile_ci95"`
	NoFit     bool       `json:"no_finite_mle"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	const path = "../../../shared/fixtures/golden/stats.json"
	data, err := os.ReadFile(path)
	if err != nil {
		peers.Absent(t, "the reference figures are not here: %v", err)
	}
	var g golden
	require.NoError(t, json.Unmarshal(data, &g))
	return g
}

// near checks a figure against the reference, relative to its size.
func near(t *testing.T, want, got, tolerance float64, what string) {
	t.Helper()
	require.InDelta(t, want, got, tolerance*max(1, want, -want), what)
}
