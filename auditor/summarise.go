package auditor

import (
	"context"

	"rollcall/auditor/stats"
)

// summarise sums up one model's findings.
func (a *audit) summarise(ctx context.Context, findings []Finding, controls []ControlRow) (Summary, error) {
	by := split(findings)
	s := Summary{
		Model: a.label, Of: a.model.Name, Reference: a.model.Reference, Persons: len(findings), Members: len(by.members), NonMembers: len(by.nonMembers),
		Unlabelled: len(by.unlabelled), WithoutPhotos: len(a.o.Persons) - len(findings),
		Photos: len(a.photos.files), PhotosFailed: len(a.photos.lost), Detected: detectedOf(findings),
	}
	for _, f := range findings {
		if f.Member != nil {
			s.Confusion.Add(*f.Member, f.Detected)
		}
	}
	var err error
	if s.Rates, err = a.rates(ctx, s.Confusion); err != nil {
		return s, err
	}
	s.Controls = a.controls(ctx, by)
	s.Controls.Rows = summariseControls(controls, a.o.Confidence)
	if a.o.has(Calibrated) {
		s.Calibration = calibrate(ctx, a.o, a.label, findings)
	}
	s.Frequency = frequency(ctx, a.o, a.label, findings)
	if err := ctx.Err(); err != nil {
		return s, err // what was resampled until then is not to be used
	}
	s.Warnings = warnings(a.o, s)
	if a.o.published() {
		var warning string
		if s.Curve, warning, err = a.curve(ctx); err != nil {
			return s, err
		}
		if warning != "" {
			s.Warnings = append(s.Warnings, warning)
		}
	}
	return s, nil
}

// rates turns the confusion matrix into rates with their intervals.
func (a *audit) rates(ctx context.Context, c Confusion) (Rates, error) {
	exact := func(x, n int) stats.Estimate { return stats.ClopperPearson(x, n, a.o.Confidence) }
	r := Rates{
		TPR: exact(c.TP, c.Members()), FNR: exact(c.FN, c.Members()),
		FPR: exact(c.FP, c.NonMembers()), TNR: exact(c.TN, c.NonMembers()),
		Accuracy: exact(c.TP+c.TN, c.Members()+c.NonMembers()),
	}
	var members, nonMembers []int
	for i, p := range a.o.Persons {
		switch {
		case p.Member == nil || a.photos.photos(i) == 0:
		case *p.Member:
			members = append(members, i)
		default:
			nonMembers = append(nonMembers, i)
		}
	}
	var err error
	if r.TPRResampled, err = a.resampled(ctx, "members", members, r.TPR); err != nil {
		return r, err
	}
	r.FPRResampled, err = a.resampled(ctx, "non-members", nonMembers, r.FPR)
	return r, err
}

// controls measures the rule where it should find nothing.
func (a *audit) controls(ctx context.Context, by labels) Controls {
	return Controls{
		DecoyRate:      a.decoyRate(ctx),
		SwapMembers:    a.swapRate(by.members),
		SwapNonMembers: a.swapRate(by.nonMembers),
	}
}

func (a *audit) swapRate(findings []Finding) stats.Estimate {
	hits, n := 0, 0
	for _, f := range findings {
		if f.SwapDetected != nil {
			n++
			if *f.SwapDetected {
				hits++
			}
		}
	}
	return stats.ClopperPearson(hits, n, a.o.Confidence)
}

// decoyRate is the chance level of the rule: the share of decoys that the same photos elect in tau
// prompts or more, as a mean over persons with a bootstrap interval over them.
func (a *audit) decoyRate(ctx context.Context) stats.Estimate {
	const method = "mean over persons, bootstrap over persons"
	if len(a.names.Decoys) == 0 {
		return stats.Undefined(0, a.o.Confidence, method, "no decoys")
	}
	decoy := make([]bool, len(a.names.Names))
	for _, n := range a.names.Decoys {
		decoy[n] = true
	}
	ballot := NewBallot(len(a.names.Names))
	var shares []float64
	for _, w := range a.evidence.winners {
		if w.Photos() == 0 {
			continue
		}
		prompts := map[int32]int{}
		detected := 0
		for _, elected := range ballot.Plurality(w, nil) {
			if elected == noWinner || !decoy[elected] {
				continue
			}
			prompts[elected]++
			if prompts[elected] == a.o.Tau {
				detected++
			}
		}
		shares = append(shares, float64(detected)/float64(len(a.names.Decoys)))
	}
	e := stats.Bootstrap(len(shares), a.o.resampling(ctx, "decoy rate", a.label), func(rows []int) float64 {
		sum := 0.0
		for _, r := range rows {
			sum += shares[r]
		}
		return sum / float64(len(rows))
	})
	e.Method = method
	return e
}
