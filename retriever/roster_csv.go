package retriever

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// rosterField gives the field that a column or key of a roster fills; "" is one that is known and
// not needed (the study's row numbers and bins).
func rosterField(column string) (field string, known bool) {
	switch column = strings.ToLower(strings.TrimSpace(column)); column {
	case "id", "name", "aliases", "sex", "member", "count":
		return column, true
	case "gender":
		return "sex", true
	case "membership":
		return "member", true
	case "", "bin":
		return "", true
	}
	return "", false
}

func readRosterCSV(data []byte, b *rosterBuilder) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			line, text := csvLine(err)
			b.fault(line, "%s", text)
		}
		return
	}
	fields, ok := rosterHeader(header, b)
	b.expect(bytes.Count(data, []byte("\n")))
	for ok {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			line, text := csvLine(err)
			b.fault(line, "%s", text)
			continue
		}
		line, _ := r.FieldPos(0)
		if len(row) != len(header) {
			b.fault(line, "it has %d cells, the header has %d; put a cell that contains a comma in double quotes",
				len(row), len(header))
			continue
		}
		b.add(line, rosterEntry(row, fields))
	}
}

// rosterHeader gives the field that each column fills.
func rosterHeader(header []string, b *rosterBuilder) (fields []string, ok bool) {
	seen := map[string]bool{}
	for _, cell := range header {
		field, known := rosterField(cell)
		switch {
		case !utf8.ValidString(cell):
			b.fault(1, "the header is not UTF-8; save the file as UTF-8")
			return nil, false
		case !known:
			b.warn(1, "column %q is not known and is ignored", cell)
		case field != "" && seen[field]:
			b.fault(1, "column %q gives the %s, which another column gives already", cell, field)
		}
		seen[field] = true
		fields = append(fields, field)
	}
	if !seen["name"] {
		b.fault(1, "there is no column \"name\" in the header %q; columns are separated by commas", strings.Join(header, ","))
	}
	return fields, len(b.err.Faults) == 0
}

func rosterEntry(row, fields []string) entry {
	var e entry
	for i, cell := range row {
		switch fields[i] {
		case "id":
			e.id = cell
		case "name":
			e.name = cell
		case "aliases":
			e.aliases = strings.Split(cell, "|")
		case "sex":
			e.sex = cell
		case "member":
			e.member = cell
		case "count":
			e.count = cell
		}
	}
	return e
}

// csvLine gives the line of a CSV syntax error and what to do about it.
func csvLine(err error) (line int, text string) {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Line, p.Err.Error() + "; write a quote inside a quoted cell twice"
	}
	return 0, err.Error()
}
