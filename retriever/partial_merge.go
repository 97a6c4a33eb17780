package retriever

import (
	"bufio"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxPartialLine bounds a line of a partial count, which has less than 200 characters.
const maxPartialLine = 4096

// PartialFile is one task's partial count.
type PartialFile struct {
	Name string // for errors
	R    io.Reader
}

// MergePartials puts the partial counts of all tasks together. The result is that of CountMentions
// over all rows, distinct mentions included. Every task must be there once, of the same rule and
// roster. The files are read side by side; memory is that of CountMentions.
func MergePartials(ctx context.Context, files []PartialFile, roster *Roster, o MentionOptions) (*MentionCounts, error) {
	if err := roster.Validate(); err != nil {
		return nil, err
	}
	parts := make(partialHeap, 0, len(files))
	for _, f := range files {
		p, err := openPartial(f, len(roster.Persons))
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if err := parts.check(rosterDigest(roster)); err != nil {
		return nil, err
	}
	t := newTally(roster, MentionOptions{Mode: parts[0].head.Mode, MaxDistinct: o.MaxDistinct})
	if err := parts.replay(ctx, t); err != nil {
		return nil, err
	}
	return t.counts(), nil
}

// partialReader reads one partial count, a match ahead.
type partialReader struct {
	name    string
	lines   *bufio.Scanner
	line    int
	persons int
	head    partialHead
	foot    *partialFoot // once read
	next    matchKey
	matches int64
}

func openPartial(f PartialFile, persons int) (*partialReader, error) {
	p := &partialReader{name: f.Name, lines: bufio.NewScanner(f.R), persons: persons}
	p.lines.Buffer(nil, maxPartialLine)
	text, err := p.read()
	if err != nil {
		return nil, err
	}
	if json.Unmarshal([]byte(text), &p.head) != nil || p.head.Format != partialFormat {
		return nil, p.fault("this is no partial count; give files that rollcall count --task wrote")
	}
	return p, nil
}

func (p *partialReader) fault(format string, args ...any) error {
	return fmt.Errorf("%s: line %d: %s", p.name, p.line, fmt.Sprintf(format, args...))
}

func (p *partialReader) read() (string, error) {
	p.line++
	if p.lines.Scan() {
		return p.lines.Text(), nil
	}
	if err := p.lines.Err(); err != nil {
		return "", p.fault("%v; run the task again", err)
	}
	return "", p.fault("the file ends too early; run the task again")
}

// advance reads the next match; more is false at the last line.
func (p *partialReader) advance() (more bool, err error) {
	text, err := p.read()
	if err != nil {
		return false, err
	}
	if strings.HasPrefix(text, "{") {
		p.foot = &partialFoot{}
		if json.Unmarshal([]byte(text), p.foot) != nil || p.foot.Matches != p.matches || p.foot.Rows < 0 || p.foot.Null < 0 {
			return false, p.fault("the last line does not fit the %d lines before it; run the task again", p.matches)
		}
		if p.lines.Scan() {
			return false, p.fault("there is more after the last line; run the task again")
		}
		return false, nil
	}
	k, err := parseMatch(text)
	if err != nil || int(k.person) >= p.persons || p.matches > 0 && k.before(p.next) {
		return false, p.fault("%.60q is no match of person, part, row and two hashes in order; run the task again", text)
	}
	p.next = k
	p.matches++
	return true, nil
}

func parseMatch(text string) (k matchKey, err error) {
	cells := strings.Split(text, " ")
	if len(cells) != 5 {
		return k, errors.New("not five numbers")
	}
	person, err1 := strconv.ParseUint(cells[0], 10, 31)
	part, err2 := strconv.ParseUint(cells[1], 10, 63)
	row, err3 := strconv.ParseUint(cells[2], 10, 63)
	url, err4 := strconv.ParseUint(cells[3], 16, 64)
	caption, err5 := strconv.ParseUint(cells[4], 16, 64)
	return matchKey{int32(person), int64(part), int64(row), url, caption}, errors.Join(err1, err2, err3, err4, err5)
}

// before reports whether the row of k is before that of l.
func (k matchKey) before(l matchKey) bool {
	return k.part < l.part || k.part == l.part && k.row < l.row
}

// partialHeap has the part with the lowest row first.
type partialHeap []*partialReader

func (h partialHeap) Len() int           { return len(h) }
func (h partialHeap) Less(i, j int) bool { return h[i].next.before(h[j].next) }
func (h partialHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *partialHeap) Push(x any) { *h = append(*h, x.(*partialReader)) }

// Pop implements heap.Interface.
func (h *partialHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// check refuses parts that are not the tasks of one count, each once.
func (h partialHeap) check(digest string) error {
	if len(h) == 0 {
		return errors.New("there is no partial count to merge")
	}
	first, seen := h[0].head, map[int]string{}
	for _, p := range h {
		switch {
		case p.head.Roster != digest:
			return fmt.Errorf("%s was counted with another roster than the one given; give the roster of the tasks", p.name)
		case p.head.Mode != first.Mode || p.head.Of != first.Of || p.head.Parts != first.Parts:
			return fmt.Errorf("%s is a task of %d in mode %s over a source of %d parts, and %s of %d in mode %s over %d; merge the tasks of one count",
				p.name, p.head.Of, p.head.Mode, p.head.Parts, h[0].name, first.Of, first.Mode, first.Parts)
		case p.head.Task < 1 || p.head.Task > first.Of:
			return fmt.Errorf("%s is task %d of %d, which cannot be; run the task again", p.name, p.head.Task, first.Of)
		case seen[p.head.Task] != "":
			return fmt.Errorf("%s and %s are both task %d; give each task once", seen[p.head.Task], p.name, p.head.Task)
		}
		seen[p.head.Task] = p.name
	}
	for i := 1; i <= first.Of && len(seen) < first.Of; i++ {
		if seen[i] == "" {
			return fmt.Errorf("task %d of %d is missing; give the files of all %d tasks", i, first.Of, first.Of)
		}
	}
	return nil
}

// replay counts the matches of all parts in the order of rows.
func (h partialHeap) replay(ctx context.Context, t *tally) error {
	open := make(partialHeap, 0, len(h))
	for _, p := range h {
		more, err := p.advance()
		if err != nil {
			return err
		}
		if more {
			open = append(open, p)
		}
	}
	heap.Init(&open)
	for len(open) > 0 {
		p := open[0]
		if p.matches%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := t.keep(p.next); err != nil {
			return err
		}
		more, err := p.advance()
		if err != nil {
			return err
		}
		if more {
			heap.Fix(&open, 0)
		} else {
			heap.Pop(&open)
		}
	}
	for _, p := range h {
		t.result.Rows += p.foot.Rows
		t.result.Null += p.foot.Null
	}
	return nil
}
