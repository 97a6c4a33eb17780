package auditor

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// listHeader is the first line of a training list, as open_clip's readers expect it.
const listHeader = "title\tfilepath"

// mostListed bounds the pairs of a base list.
const mostListed = 1 << 31

// longestListLine bounds a line of a training list, in bytes.
const longestListLine = 1 << 20

// TrainingList is a list of training pairs: a caption, a tab and the path of an image a line, behind
// an optional header "title<TAB>filepath". Only where lines begin is in memory: 8 bytes a pair.
type TrainingList struct {
	from   io.ReaderAt
	starts []int64 // of every line, and the end of the last one
}

// ReadTrainingList finds the lines of a list. A line that is not two columns is an error that names
// it.
func ReadTrainingList(from io.ReaderAt, size int64) (*TrainingList, error) {
	l := &TrainingList{from: from}
	lines := bufio.NewReaderSize(io.NewSectionReader(from, 0, size), longestListLine)
	at := int64(0)
	for number := 1; at < size; number++ {
		line, err := lines.ReadSlice('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("line %d is longer than %d bytes", number, longestListLine)
		}
		text := bytes.TrimRight(line, "\r\n")
		isHeader := number == 1 && string(text) == listHeader
		if bytes.Count(text, []byte("\t")) != 1 {
			return nil, fmt.Errorf("line %d is not a caption, a tab and a path: %.60q", number, text)
		}
		if len(l.starts) == mostListed {
			return nil, fmt.Errorf("more than %d pairs", mostListed)
		}
		if !isHeader {
			l.starts = append(l.starts, at)
		}
		at += int64(len(line))
	}
	l.starts = append(l.starts, at)
	return l, nil
}

// Len is the number of pairs.
func (l *TrainingList) Len() int {
	if l == nil {
		return 0
	}
	return len(l.starts) - 1
}

// WriteTrainingList writes the base's pairs (nil: none) and more, shuffled by the seed, behind the
// header.
func WriteTrainingList(w io.Writer, base *TrainingList, more []Pair, seed uint64) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.WriteString(listHeader + "\n"); err != nil {
		return err
	}
	order := make([]uint32, base.Len()+len(more))
	for i := range order {
		order[i] = uint32(i)
	}
	newRandom(seed, "training list", len(order)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	rows := csv.NewWriter(out)
	rows.Comma = '\t'
	for _, i := range order {
		if err := writeListLine(out, rows, base, more, int(i)); err != nil {
			return fmt.Errorf("writing the training list: %w", err)
		}
	}
	return out.Flush()
}

func writeListLine(out *bufio.Writer, rows *csv.Writer, base *TrainingList, more []Pair, i int) error {
	if i >= base.Len() {
		pair := more[i-base.Len()]
		if err := rows.Write([]string{pair.Caption, pair.Path}); err != nil {
			return err
		}
		rows.Flush()
		return rows.Error()
	}
	line := make([]byte, base.starts[i+1]-base.starts[i])
	if _, err := base.from.ReadAt(line, base.starts[i]); err != nil && err != io.EOF {
		return err
	}
	_, err := out.WriteString(strings.TrimRight(string(line), "\r\n") + "\n")
	return err
}

// Insertion is one training list of a plan: who is in it how often.
type Insertion struct {
	Name   string // "75", ..., or "own" where every member has its own count
	Counts map[string]int64
	Pairs  []Pair
}

// Insertions are the plan's lists: one for each count, in which every member has that many pairs,
// each holding the pairs of the next smaller one; and one in which every member has its own count.
func (p *Plan) Insertions() []Insertion {
	var out []Insertion
	add := func(name string, count func(Planned) int) {
		in := Insertion{Name: name, Counts: map[string]int64{}}
		for _, person := range p.TakingPart() {
			n := 0
			if person.Member {
				n = count(person)
			}
			in.Counts[person.ID] = int64(n)
			in.Pairs = append(in.Pairs, person.Pairs[:n]...)
		}
		out = append(out, in)
	}
	for _, n := range p.Counts {
		add(fmt.Sprint(n), func(Planned) int { return n })
	}
	add("own", func(q Planned) int { return q.Count })
	return out
}

// WriteTruth writes the ground truth of a list as a roster that an audit reads: everyone who takes
// part, with label and count.
func (p *Plan) WriteTruth(w io.Writer, in Insertion) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"id", "name", "sex", "member", "count"}}
	for _, person := range p.TakingPart() {
		member := "no"
		if person.Member {
			member = "yes"
		}
		rows = append(rows, []string{person.ID, person.Name, person.Sex, member, fmt.Sprint(in.Counts[person.ID])})
	}
	return out.WriteAll(rows)
}
