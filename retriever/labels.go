package retriever

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Labels say of counted rows whether they show the person. As an EvidenceWriter they take the rows
// that are counted.
type Labels struct {
	labels  map[labelled]*label
	counted map[sampleKey]int64
}

type labelled struct {
	sampleKey
	row int64
}

type label struct {
	shows, counted bool
	line           int
}

// ReadLabels reads a filled-in sample: CSV with the columns kind, id, row and shows (yes or no) among
// others, also as spreadsheets save it, with a byte order mark and semicolons. The error names the line;
// name the file when passing it on.
func ReadLabels(r io.Reader) (*Labels, error) {
	br := bufio.NewReader(r)
	if bom, _ := br.Peek(3); string(bom) == "\ufeff" {
		_, _ = br.Discard(len(bom)) // they were there
	}
	in := csv.NewReader(br)
	if start, _ := br.Peek(len("kind;")); string(start) == "kind;" {
		in.Comma = ';'
	}
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("labels have no header line: %w", err)
	}
	l := &Labels{labels: map[labelled]*label{}, counted: map[sampleKey]int64{}}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading labels: %w", err)
		}
		line, _ := in.FieldPos(0)
		if err := l.add(&countRow{header: header, cells: cells}, line); err != nil {
			return nil, fmt.Errorf("reading labels: line %d: %w", line, err)
		}
	}
}

func (l *Labels) add(r *countRow, line int) error {
	key := labelled{sampleKey: sampleKey{r.text("kind"), r.text("id")}}
	row, shows := r.integer("row"), strings.ToLower(strings.TrimSpace(r.text("shows")))
	switch {
	case r.err != nil:
		return r.err
	case row == nil:
		return errors.New("row is empty; leave the sample's rows as they are")
	case shows != "yes" && shows != "no":
		return fmt.Errorf("shows is %q; write yes when the row shows the person and no when it does not, in every line", shows)
	case key.kind != kindMention && key.kind != kindImage && key.kind != kindFace:
		return fmt.Errorf("kind is %q; it is mention, image or face", key.kind)
	}
	key.row = *row
	if l.labels[key] != nil {
		return fmt.Errorf("row %d of %s is there twice", key.row, key.id)
	}
	l.labels[key] = &label{shows: shows == "yes", line: line}
	return nil
}

// Write implements EvidenceWriter.
func (l *Labels) Write(e Evidence) error {
	key := sampleKey{e.Kind, e.ID}
	l.counted[key]++
	if found := l.labels[labelled{key, e.Row}]; found != nil {
		found.counted = true
	}
	return nil
}

// Close implements EvidenceWriter.
func (l *Labels) Close() error { return nil }

// Verified gives what the labels say of the rows that were counted. A label of a row that was not is
// an error: the sample is of another count, and its precision is not this one's.
func (l *Labels) Verified() ([]Verified, error) {
	type tally struct{ sample, confirmed int64 }
	tallies := map[sampleKey]tally{}
	for key, label := range l.labels {
		if !label.counted {
			return nil, fmt.Errorf("labels, line %d: row %d was not counted for %s by kind %s; draw a sample of this count", label.line, key.row, key.id, key.kind)
		}
		t := tallies[key.sampleKey]
		t.sample++
		if label.shows {
			t.confirmed++
		}
		tallies[key.sampleKey] = t
	}
	var out []Verified
	for _, key := range slices.SortedFunc(maps.Keys(tallies), compareKeys) {
		t := tallies[key]
		out = append(out, newVerified(key.kind, key.id, l.counted[key], t.sample, t.confirmed))
	}
	return out, nil
}
