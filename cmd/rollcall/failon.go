package main

import (
	"fmt"
	"strconv"
	"strings"

	"rollcall/auditor/report"
	"rollcall/retriever"
)

const failOnHelp = "exit with 3 when somebody is detected, or q=0.05: has that q or less, by a model that is no reference"

// failOnAudit reads what an audit's findings are held against: "detected", or "q=0.05" for whoever has
// that q or less. "" is nothing.
func failOnAudit(text string) (met func(*report.Report) error, err error) {
	limit := 0.0
	level, byQ := strings.CutPrefix(text, "q=")
	if byQ {
		limit, err = strconv.ParseFloat(level, 64)
	}
	if err != nil || byQ && !(limit > 0 && limit < 1) || text != "" && text != "detected" && !byQ {
		return nil, usagef("--fail-on %s: detected, or q=R with a rate between 0 and 1, such as q=0.05", text)
	}
	return func(r *report.Report) error {
		references := map[string]bool{} // models that are a control
		for _, s := range r.Summaries {
			references[s.Model] = s.Reference
		}
		found := map[string]bool{}
		for _, f := range r.Findings {
			if !references[f.Model] && (text == "detected" && f.Detected || byQ && f.Q != nil && *f.Q <= limit) {
				found[f.ID] = true
			}
		}
		return failed(len(found), text)
	}, nil
}

// failOnCount holds counts against --fail-on N: somebody is in N rows or more. 0 is nothing.
func failOnCount(counts []retriever.Count, least int64) error {
	found := 0
	for _, c := range counts {
		if least > 0 && c.Estimate != nil && *c.Estimate >= float64(least) {
			found++
		}
	}
	return failed(found, fmt.Sprint(least))
}

func failed(persons int, condition string) error {
	switch persons {
	case 0:
		return nil
	case 1:
		return foundError{fmt.Sprintf("1 person meets --fail-on %s", condition)}
	}
	return foundError{fmt.Sprintf("%d persons meet --fail-on %s", persons, condition)}
}
