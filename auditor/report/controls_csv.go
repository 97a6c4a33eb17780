package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"rollcall/auditor"
)

// ControlsCSV writes a row per model, control and person: the name that was tried, on whose photos,
// and what the rule and the rank say of it. Cells that do not apply are empty.
func ControlsCSV(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"model", "control", "id", "name", "photos_of", "member", "correct_prompts", "detected", "score", "p"}}
	for _, c := range r.Controls {
		correct, detected := decision(c)
		rows = append(rows, []string{
			c.Model, string(c.Control), c.ID, c.Name, c.PhotosOf, label(c.Member), correct, detected, exact(c.Score), exact(c.P),
		})
	}
	return out.WriteAll(rows)
}

// decision writes what the rule decided, empty where it was not asked.
func decision(c auditor.ControlRow) (correct, detected string) {
	if c.CorrectPrompts != nil {
		correct = strconv.Itoa(*c.CorrectPrompts)
	}
	return correct, label(c.Detected)
}
