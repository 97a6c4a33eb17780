package retriever

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ReadCounts reads counts by person id: a counts.csv, or the study's published file with the
// columns name, count, membership and bin, whose ids are the names with underscores for spaces.
// The error names the line; name the file when passing it on.
func ReadCounts(r io.Reader) (map[string]Count, error) {
	br := bufio.NewReader(r)
	if bom, _ := br.Peek(3); string(bom) == "\ufeff" {
		if _, err := br.Discard(3); err != nil {
			return nil, err
		}
	}
	in := csv.NewReader(br)
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("counts have no header line: %w", err)
	}
	read := (*countRow).count
	if !slices.Contains(header, "mentions") {
		read = (*countRow).study
	}
	out := map[string]Count{}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading counts: %w", err)
		}
		line, _ := in.FieldPos(0)
		row := countRow{header: header, cells: cells}
		c := read(&row)
		if row.err == nil && c.ID == "" {
			row.err = errors.New("the person has no id and no name")
		}
		if _, twice := out[c.ID]; row.err == nil && twice {
			row.err = fmt.Errorf("id %q appears twice", c.ID)
		}
		if row.err != nil {
			return nil, fmt.Errorf("reading counts: line %d: %w", line, row.err)
		}
		out[c.ID] = c
	}
}

// countRow reads the cells of one line and keeps the first error.
type countRow struct {
	header, cells []string
	err           error
}

// count reads a line of counts.csv.
func (r *countRow) count() Count {
	return Count{
		ID: r.text("id"), Name: r.text("name"),
		Mentions: r.integer("mentions"), MentionsDistinct: r.integer("mentions_distinct"),
		Images: r.integer("images"), Faces: r.integer("faces"), MentionAndFace: r.integer("mention_and_face"),
		Estimate: r.decimal("estimate"), Low: r.decimal("low"), High: r.decimal("high"),
		Exact: r.boolean("exact"), Homonym: r.boolean("homonym"), Mode: Mode(r.text("mode")),
	}
}

// study reads a line of the study's file.
func (r *countRow) study() Count {
	name := spacedName(r.text("name"))
	c := Count{ID: defaultID(name), Name: name, Mentions: r.integer("count"), Mode: Paper}
	if c.Mentions == nil {
		r.fail("count", "is empty; write a whole number")
		return c
	}
	c.setExact(c.Mentions)
	label, has := r.cell("membership")
	if want := Membership(*c.Mentions); has && label != want {
		r.fail("membership", fmt.Sprintf("is %q, but a count of %d makes it %q", label, *c.Mentions, want))
	}
	return c
}

func (r *countRow) fail(column, text string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s %s", column, text)
	}
}

func (r *countRow) cell(column string) (string, bool) {
	i := slices.Index(r.header, column)
	if i < 0 {
		return "", false
	}
	return r.cells[i], true
}

func (r *countRow) text(column string) string {
	s, ok := r.cell(column)
	if !ok {
		r.fail(column, fmt.Sprintf("is no column of the header %q; give a counts.csv or the study's file", strings.Join(r.header, ",")))
	}
	return s
}

func (r *countRow) integer(column string) *int64 {
	s := r.text(column)
	if s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		r.fail(column, fmt.Sprintf("is %q; write a whole number, at least 0, or nothing when not measured", s))
	}
	return &n
}

func (r *countRow) decimal(column string) *float64 {
	s := r.text(column)
	if s == "" {
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= 1e18) {
		r.fail(column, fmt.Sprintf("is %q; write a number, at least 0, or nothing when not measured", s))
	}
	return &f
}

func (r *countRow) boolean(column string) bool {
	switch s := r.text(column); s {
	case "true", "True":
		return true
	case "false", "False", "":
	default:
		r.fail(column, fmt.Sprintf("is %q; write true or false", s))
	}
	return false
}
