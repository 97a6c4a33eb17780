package report

import (
	"encoding/csv"
	"io"
	"strconv"
)

// SummaryCSV writes a row per model and person with a usable photo: decisions by all the person's
// photos with tau as asked, p by rank against the decoys, q after Benjamini-Hochberg. Cells that
// were not measured are empty.
func SummaryCSV(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"model", "id", "name", "member", "count", "photos", "correct_prompts", "detected", "score", "p", "q"}}
	for _, f := range r.Findings {
		rows = append(rows, []string{
			f.Model, f.ID, f.Name, label(f.Member), count(f.Count), strconv.Itoa(f.Photos),
			strconv.Itoa(f.CorrectPrompts), yesNo(f.Detected), exact(f.Score), exact(f.P), exact(f.Q),
		})
	}
	return out.WriteAll(rows)
}
