package report

import (
	"fmt"

	"rollcall/auditor"
)

// answer is the audit's answer about one model in one sentence, with its error: what was found, on
// how many, and how wrong that could be by chance.
func answer(s auditor.Summary, confidence float64) string {
	who := "This model"
	if s.Reference {
		who = "This reference model, which is known not to have seen the data,"
	}
	tpr, fpr := s.Rates.TPR, s.Rates.FPR
	switch {
	case s.Members+s.NonMembers == 0:
		return fmt.Sprintf("%d of %d persons detected; membership is unknown for all of them, so no rate could be measured and nothing can be said of errors.", s.Detected, s.Persons)
	case s.Members == 0:
		return fmt.Sprintf("Whether %s knows its members was not measured, for none is labelled; it names %s of non-members.", lower(who), rate(fpr))
	case s.NonMembers == 0:
		return fmt.Sprintf("%s names %s of members, but how often it names others by mistake was not measured, for no non-member is labelled.", who, rate(tpr))
	}
	found := "does not tell members from non-members as far as this audit can show"
	switch {
	case tpr.Low > fpr.High:
		found = "tells members from non-members"
	case tpr.High < fpr.Low:
		found = "names non-members more often than members, so the labels are not those of its training data"
	}
	return fmt.Sprintf("%s %s: it names %s of members and, by mistake, %s of non-members (intervals at %v %% confidence).", who, found, rate(tpr), rate(fpr), confidence*100)
}

func lower(who string) string { return "t" + who[1:] }
