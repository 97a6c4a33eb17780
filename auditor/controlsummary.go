package auditor

import "rollcall/auditor/stats"

// ControlSummary is one control over all its rows.
type ControlSummary struct {
	Control    Control        `json:"control"`
	Members    stats.Estimate `json:"members"`     // detected, exact interval
	NonMembers stats.Estimate `json:"non_members"` // detected, exact interval
	All        stats.Estimate `json:"all"`         // detected, persons without a label included
	AUC        stats.Estimate `json:"auc"`         // of the rank p-value, members against non-members
	P          KS             `json:"p_uniform"`   // Kolmogorov-Smirnov test of the non-members' p-values
}

// summariseControls sums up the rows of each control.
func summariseControls(rows []ControlRow, confidence float64) []ControlSummary {
	var out []ControlSummary
	for _, control := range AllControls() {
		var g controlGroup
		for _, r := range rows {
			if r.Control == control {
				g.add(r)
			}
		}
		if g.rows > 0 {
			out = append(out, g.summary(control, confidence))
		}
	}
	return out
}

// controlGroup counts one control's rows: by label 0 non-members, 1 members, 2 unknown.
type controlGroup struct {
	rows         int
	persons, hit [3]int
	p            [3][]float64
}

func (g *controlGroup) add(r ControlRow) {
	label := 2
	if r.Member != nil {
		label = 0
		if *r.Member {
			label = 1
		}
	}
	g.rows++
	if r.Detected != nil {
		g.persons[label]++
		if *r.Detected {
			g.hit[label]++
		}
	}
	if r.P != nil {
		g.p[label] = append(g.p[label], *r.P)
	}
}

func (g *controlGroup) summary(control Control, confidence float64) ControlSummary {
	exact := func(x, n int) stats.Estimate { return stats.ClopperPearson(x, n, confidence) }
	s := ControlSummary{
		Control: control,
		Members: exact(g.hit[1], g.persons[1]), NonMembers: exact(g.hit[0], g.persons[0]),
		All: exact(g.hit[0]+g.hit[1]+g.hit[2], g.persons[0]+g.persons[1]+g.persons[2]),
		AUC: stats.AUC(negated(g.p[1]), negated(g.p[0]), confidence),
	}
	distance, p := stats.KSUniform(g.p[0])
	s.P = KS{stats.Number(distance), stats.Number(p), len(g.p[0])}
	return s
}

func negated(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = -v
	}
	return out
}
