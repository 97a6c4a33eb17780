package auditor

import "rollcall/auditor/stats"

// compare sets every two models side by side on the persons that both measured, and every model
// beside itself without near-duplicates.
func compare(models []Model, findings map[string][]Finding) []Comparison {
	var out []Comparison
	for i, a := range models {
		if rest, there := findings[a.Name+withoutNear]; there {
			out = append(out, paired(a.Name, a.Name+withoutNear, findings[a.Name], rest))
		}
		for _, b := range models[i+1:] {
			out = append(out, paired(a.Name, b.Name, findings[a.Name], findings[b.Name]))
		}
	}
	return out
}

func paired(a, b string, ofA, ofB []Finding) Comparison {
	detectedByB := map[string]bool{}
	for _, f := range ofB {
		detectedByB[f.ID] = f.Detected
	}
	c := Comparison{A: a, B: b}
	by := split(ofA)
	for _, group := range []struct {
		name     string
		findings []Finding
	}{{"members", by.members}, {"non-members", by.nonMembers}, {"unlabelled", by.unlabelled}} {
		rate := PairedRate{Group: group.name}
		for _, f := range group.findings {
			other, measured := detectedByB[f.ID]
			if !measured {
				continue
			}
			rate.Persons++
			switch {
			case f.Detected && other:
				rate.Both++
			case f.Detected:
				rate.OnlyA++
			case other:
				rate.OnlyB++
			default:
				rate.Neither++
			}
		}
		if rate.Persons > 0 {
			rate.P = stats.Number(stats.McNemarP(rate.OnlyA, rate.OnlyB))
			c.Groups = append(c.Groups, rate)
		}
	}
	return c
}
