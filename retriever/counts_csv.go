package retriever

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// countColumns is the header of counts.csv; other people's scripts depend on it.
const countColumns = "id,name,mentions,mentions_distinct,images,faces,mention_and_face,estimate,low,high,exact,homonym,mode"

// paperColumns follow it when the mentions were counted by the study's rule.
const paperColumns = ",count,membership,bin"

// WriteCountsCSV writes counts.csv. A cell that was not measured is empty. The study's columns
// count, membership and bin are added when the mode is Paper, as it must be for all counts or none.
func WriteCountsCSV(w io.Writer, counts []Count) error {
	paper := slices.ContainsFunc(counts, func(c Count) bool { return c.Mode == Paper })
	for i := range counts {
		if c := &counts[i]; paper && c.Mode != Paper {
			return fmt.Errorf("writing counts: %s was counted in mode %q and others in mode %q; write them to two files", c.ID, c.Mode, Paper)
		}
	}
	header := countColumns
	if paper {
		header += paperColumns
	}
	out := csv.NewWriter(w)
	if err := out.Write(strings.Split(header, ",")); err != nil {
		return fmt.Errorf("writing counts: %w", err)
	}
	for _, c := range counts {
		if err := out.Write(c.cells(paper)); err != nil {
			return fmt.Errorf("writing counts: %w", err)
		}
	}
	if out.Flush(); out.Error() != nil {
		return fmt.Errorf("writing counts: %w", out.Error())
	}
	return nil
}

func (c *Count) cells(paper bool) []string {
	exact := ""
	if c.Estimate != nil {
		exact = strconv.FormatBool(c.Exact)
	}
	row := []string{
		c.ID, c.Name, integer(c.Mentions), integer(c.MentionsDistinct), integer(c.Images), integer(c.Faces),
		integer(c.MentionAndFace), decimal(c.Estimate), decimal(c.Low), decimal(c.High),
		exact, strconv.FormatBool(c.Homonym), string(c.Mode),
	}
	switch {
	case paper && c.Mentions != nil:
		row = append(row, integer(c.Mentions), Membership(*c.Mentions), PaperBin(*c.Mentions))
	case paper:
		row = append(row, "", "", "")
	}
	return row
}

func integer(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func decimal(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}
