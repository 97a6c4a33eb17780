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

// The columns that follow it when the study's rules were used.
const (
	paperColumns = ",count,membership,bin"
	cc3mColumns  = ",neighbours,name_share,face_share,membership"
)

// WriteCountsCSV writes counts.csv. A cell that was not measured is empty. The study's columns
// count, membership and bin are added when the mode is Paper, the shares and membership when it is
// CC3M; either must be the mode of all counts or none.
func WriteCountsCSV(w io.Writer, counts []Count) error {
	mode, header := Strict, countColumns
	for added, columns := range map[Mode]string{Paper: paperColumns, CC3M: cc3mColumns} {
		if slices.ContainsFunc(counts, func(c Count) bool { return c.Mode == added }) {
			mode, header = added, countColumns+columns
		}
	}
	for i := range counts {
		if c := &counts[i]; mode != Strict && c.Mode != mode {
			return fmt.Errorf("writing counts: %s was counted in mode %q and others in mode %q; write them to two files", c.ID, c.Mode, mode)
		}
	}
	out := csv.NewWriter(w)
	if err := out.Write(strings.Split(header, ",")); err != nil {
		return fmt.Errorf("writing counts: %w", err)
	}
	var row []string
	for i := range counts {
		row = counts[i].cells(row[:0], mode)
		if err := out.Write(row); err != nil {
			return fmt.Errorf("writing counts: %w", err)
		}
	}
	if out.Flush(); out.Error() != nil {
		return fmt.Errorf("writing counts: %w", out.Error())
	}
	return nil
}

// cells appends the cells of a line.
func (c *Count) cells(row []string, mode Mode) []string {
	exact := ""
	if c.Estimate != nil {
		exact = strconv.FormatBool(c.Exact)
	}
	row = append(row,
		c.ID, c.Name, integer(c.Mentions), integer(c.MentionsDistinct), integer(c.Images), integer(c.Faces),
		integer(c.MentionAndFace), decimal(c.Estimate), decimal(c.Low), decimal(c.High),
		exact, strconv.FormatBool(c.Homonym), string(c.Mode),
	)
	switch {
	case mode == CC3M:
		return append(row, c.Presence.cells()...)
	case mode == Paper && c.Mentions != nil:
		return append(row, integer(c.Mentions), Membership(*c.Mentions), PaperBin(*c.Mentions))
	case mode == Paper:
		return append(row, "", "", "")
	}
	return row
}

// cells are those of cc3mColumns.
func (p *Presence) cells() []string {
	if p == nil {
		return []string{"", "", "", ""}
	}
	member := ""
	if p.Member != nil {
		member = map[bool]string{true: "member", false: "non_member"}[*p.Member]
	}
	return []string{strconv.Itoa(p.Neighbours), decimal(p.NameShare), decimal(p.FaceShare), member}
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
